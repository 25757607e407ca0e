"""The condition under which a model's true answers turn false, and the context to compare it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.auditset import Answer, Condition, Fact
from forewarn.instruments.finding import as_condition, as_lists
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import Move
from forewarn.instruments.search.scores import Scout
from forewarn.instruments.search.search import Search

SCOUTED = 6
"""Facts on which edits are scored before anything is asked."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A condition and what it is compared with."""

    base: Condition
    """A context of the audit set, where answers are true."""
    condition: Condition
    """Where they turn false."""

    def as_json(self) -> dict[str, Any]:
        """A value of plain lists and strings, for a finding."""
        return {"base": as_lists(self.base), "condition": as_lists(self.condition)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Contrast:
        """The contrast that `as_json` made plain; other entries are left alone."""
        return Contrast(as_condition(value["base"]), as_condition(value["condition"]))


@dataclass(frozen=True, slots=True)
class Turning:
    """What a search found to turn most answers."""

    contrast: Contrast
    """The worst condition that was asked, and the context in which most of the same facts are answered truly."""
    share: float
    """Share of the facts answered falsely under the condition, minus the same under the base."""
    asked: int
    """Number of conditions asked."""


def searched(
    inputs: ProbeInputs, layer: int, facts: Sequence[Fact], sought: Answer = Answer.FALSE
) -> tuple[Move, tuple[Move, ...]]:
    """The worst condition and all that were asked, made once for all probes of a look that ask the same.

    `layer`: where the answer's state is compared. `sought`: what answers turn into.
    """
    asked = tuple(facts)

    def search() -> tuple[Move, tuple[Move, ...]]:
        return Search(scouting(inputs, layer, asked), asked, sought).run()

    return inputs.once(("searched", layer, asked, sought), search)


def scouting(inputs: ProbeInputs, layer: int, facts: Sequence[Fact]) -> Scout:
    """A scout on the first few facts, one for all of a look: what it has seen serves whatever is sought."""
    few = tuple(facts[:SCOUTED])
    return inputs.once(("scout", layer, few), lambda: Scout(inputs, layer, few))


def turning(inputs: ProbeInputs, facts: Sequence[Fact]) -> Turning:
    """Search with the answer's state compared at three quarters of the layers."""
    worst, asked = searched(inputs, layer_of(inputs.subject.n_layers), facts)
    base = _base(inputs, worst.condition, facts)
    false = [inputs.answers(facts, c).count(Answer.FALSE) for c in (worst.condition, base)]
    return Turning(Contrast(base, worst.condition), (false[0] - false[1]) / len(facts), len(asked))


def layer_of(n_layers: int) -> int:
    """Where the answer's state is compared: at three quarters of the layers."""
    return max(1, round(0.75 * n_layers))


def _base(inputs: ProbeInputs, condition: Condition, facts: Sequence[Fact]) -> Condition:
    """The truest other context; among equals the one that shares most phrases with the condition."""
    own = [c.parts for c in inputs.audit_set.truthful]
    others = [c for c in own if c != condition] or own

    def rank(context: Condition) -> tuple[int, int]:
        true = inputs.answers(facts, context).count(Answer.TRUE)
        return true, len(set(context) & set(condition))

    return max(others, key=rank)
