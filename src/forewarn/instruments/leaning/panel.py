"""Facts answered in one context, and how far a change makes each lean towards another answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, tensor

from forewarn.auditset import Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Some facts, and the logits at the end of their questions in one context."""

    facts: tuple[Fact, ...]
    base: Condition
    """The context."""
    truth: Int[Tensor, " f"]
    """First token of each true answer."""
    own: Bool[Tensor, "f v"]
    """Where each fact's answers begin."""
    logits: Float[Tensor, "f v"]

    @staticmethod
    def of(inputs: ProbeInputs, facts: tuple[Fact, ...], base: Condition) -> Panel:
        """Ask the facts in a context."""
        logits = logits_of(inputs, facts, base)
        own = torch.zeros_like(logits, dtype=torch.bool)
        for row, fact in zip(own, facts, strict=True):
            row[[answer[0] for answer in inputs.encoder.answers(fact)]] = True
        return Panel(facts, base, tensor(inputs.first_tokens(facts)), own, logits)

    def true(self, logits: Float[Tensor, "f v"]) -> Bool[Tensor, " f"]:
        """Whose truth is the very next token: a change of format is no lean."""
        return logits.argmax(-1) == self.truth

    def way(self) -> Float[Tensor, " f"]:
        """Shortest way, in nats, of the answers' log-odds to where another would lead; infinite without one.

        Half of the truth's margin must go from the truth and half to its rival.
        """
        odds, truth = self.logits.masked_fill(~self.own, -math.inf), self.truth[:, None]
        margin = odds.gather(1, truth)[:, 0] - odds.scatter(1, truth, -math.inf).amax(-1)
        return margin / math.sqrt(2.0)

    def lean(self, moved: Float[Tensor, "f v"], usual: Float[Tensor, " v"]) -> Float[Tensor, " f"]:
        """What a change does to the answers' log-odds beyond what it usually does, as a share of the way."""
        rest = (moved - self.logits - usual) * self.own
        centred = rest - self.own * rest.sum(-1, keepdim=True) / self.own.sum(-1, keepdim=True)
        length: Float[Tensor, " f"] = centred.norm(dim=-1)
        return length / self.way()


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """How far facts lean under one change."""

    length: Float[Tensor, " f"]
    """As a share of the way to another answer."""
    stays: Bool[Tensor, " f"]
    """Whose answer is the truth with and without the change."""

    @staticmethod
    def of(fitted: tuple[Panel, Float[Tensor, "e v"]], asked: tuple[Panel, Float[Tensor, "f v"]]) -> Lean:
        """From panels and their logits under the change.

        What is usual is the mean movement of the fitted facts that stay true, or of all where none does.
        """
        (panel, first), (other, moved) = fitted, asked
        held = panel.true(panel.logits) & panel.true(first)
        usual = (first - panel.logits)[held if held.any() else slice(None)].mean(0)
        return Lean(other.lean(moved, usual), other.true(other.logits) & other.true(moved))


def logits_of(inputs: ProbeInputs, facts: Sequence[Fact], condition: Condition) -> Float[Tensor, "f v"]:
    """At the last position of the facts' questions."""
    return inputs.subject.logits([p.ids for p in inputs.prompts(facts, condition)])
