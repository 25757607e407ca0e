"""How far answers lean towards another one when a phrase is replaced that should not matter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, tensor

from forewarn.auditset import Condition, Fact, Part, Prompt, substitute
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import phrases
from forewarn.subjects.edits import Edit


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
        """Which facts have the truth as the very next token. Elsewhere a new format would pass for a lean."""
        return logits.argmax(-1) == self.truth

    def way(self) -> Float[Tensor, " f"]:
        """How far, in nats, each fact's log-odds must move until another answer leads.

        It is infinite where there is no other answer. The shortest way takes half of the margin from the truth and
        gives half to its nearest rival.
        """
        # Only a fact's own answers compete; the truth is masked out to find its nearest rival.
        odds, truth = self.logits.masked_fill(~self.own, -math.inf), self.truth[:, None]
        margin = odds.gather(1, truth)[:, 0] - odds.scatter(1, truth, -math.inf).amax(-1)
        # Half the margin on each of two axes: the point where both are equal lies at margin / sqrt(2).
        return margin / math.sqrt(2.0)

    def lean(self, moved: Float[Tensor, "f v"], usual: Float[Tensor, " v"]) -> Float[Tensor, " f"]:
        """How far a change moves the answers' log-odds beyond the `usual` movement, as a share of `way`."""
        rest = (moved - self.logits - usual) * self.own
        # A change that adds the same to all of a fact's answers moves no log-odds: take the mean over them away.
        centred = rest - self.own * rest.sum(-1, keepdim=True) / self.own.sum(-1, keepdim=True)
        length: Float[Tensor, " f"] = centred.norm(dim=-1)
        return length / self.way()


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """How far facts lean under one change."""

    length: Float[Tensor, " f"]
    """As a share of the way to another answer."""
    stays: Bool[Tensor, " f"]
    """Which facts are answered truly with the change and without it."""

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


def cues(inputs: ProbeInputs, base: Condition, most: int) -> tuple[Part, ...]:
    """Phrases that can stand in another's place in a context; more than `most` are thinned evenly."""
    slots = {p.slot for p in base}
    found = [p for p in phrases(inputs.audit_set) if p.slot in slots and p not in base]
    n = min(len(found), most)
    return tuple(found[i * len(found) // n] for i in range(n))


def with_cue(inputs: ProbeInputs, cue: Part, panel: Panel) -> Float[Tensor, "f v"]:
    """Logits with the cue in its slot."""
    return logits_of(inputs, panel.facts, substitute(panel.base, cue))


def with_push(inputs: ProbeInputs, cue: Part, panel: Panel) -> Float[Tensor, "f v"]:
    """Logits when the phrase in the cue's slot is pushed in random directions, as far as the cue would move it.

    At the embedding's output, token by token from the phrase's end.
    """
    prompts, place = inputs.prompts(panel.facts, panel.base), [p.slot for p in panel.base].index(cue.slot)
    out = torch.empty_like(panel.logits)
    for rows in _by_length(prompts):
        ids, (start, end) = prompts[rows[0]].ids, prompts[rows[0]].spans[place]
        push = _push(inputs, ids[start:end], inputs.encoder.piece(cue.phrase, first=place == 0))
        delta = push.new_zeros(len(ids), push.shape[1])
        delta[end - len(push) : end] = push
        out[rows] = inputs.subject.logits([prompts[row].ids for row in rows], [Edit(0, delta)])
    return out


def _push(inputs: ProbeInputs, old: Sequence[int], new: Sequence[int]) -> Float[Tensor, "k d"]:
    """Random directions. Each is as long as the step from a token of the old phrase to one of the new phrase.

    Where all tokens that can be compared are the same, each is as long as the token itself.
    """
    k = min(len(old), len(new))
    before, after = (inputs.subject.embedding_of(t[len(t) - k :]) for t in (old, new))
    sizes = (after - before).norm(dim=-1, keepdim=True)
    noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(0), dtype=before.dtype)
    lengths = sizes if sizes.any() else after.norm(dim=-1, keepdim=True)
    push: Float[Tensor, "k d"] = noise / noise.norm(dim=-1, keepdim=True) * lengths
    return push


def _by_length(prompts: Sequence[Prompt]) -> Iterator[list[int]]:
    lengths = [len(p.ids) for p in prompts]
    yield from ([i for i, n in enumerate(lengths) if n == length] for length in dict.fromkeys(lengths))
