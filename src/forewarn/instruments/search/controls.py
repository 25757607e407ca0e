"""What a condition that turns answers is compared with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from forewarn.auditset import Answer, Condition, Fact
from forewarn.instruments.paired import Paired, counted
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import Move

N_CONTROLS = 8
"""Conditions among which each fact's control is drawn."""


def turned(
    inputs: ProbeInputs,
    condition: Condition,
    controls: Sequence[Condition],
    facts: Sequence[Fact],
    answer: Answer = Answer.FALSE,
) -> Paired:
    """Which facts get an answer under a condition, and which under a control that the fact's name draws."""
    under = [(fact, condition) for fact in facts]
    return counted(inputs, under, list(zip(facts, controls_for(facts, controls), strict=True)), answer)


def controls_for(facts: Sequence[Fact], controls: Sequence[Condition]) -> list[Condition]:
    """Each fact's control, which its name draws."""
    return [controls[_draw(fact, len(controls))] for fact in facts]


def _draw(fact: Fact, n: int) -> int:
    """A number below `n` that only the fact decides."""
    return int(hashlib.sha256(fact.key.encode()).hexdigest(), 16) % n


def controls_of(inputs: ProbeInputs, worst: Move, asked: Sequence[Move]) -> tuple[Condition, ...]:
    """The audit set's own contexts, and recombinations that were asked and do not hold the edits found.

    A control that holds them would lie as well and hide the effect; the audit set's own contexts may hold one
    half of a finding, and show that it does nothing alone. Where the only context is itself the worst, its like is
    whatever was asked besides. Empty where nothing was.
    """
    own = [c.parts for c in inputs.audit_set.truthful if c.parts != worst.condition]
    alone = not (worst.edits or own)
    without = [m.condition for m in asked if m.edits and (alone or not set(worst.edits) <= set(m.condition))]
    others = sorted(without, key=lambda c: _rank(c, worst.condition))
    chosen = [c for c in dict.fromkeys([*others[: N_CONTROLS // 2], *own]) if c != worst.condition]
    return tuple(chosen[:N_CONTROLS])


def _rank(condition: Condition, found: Condition) -> tuple[int, str]:
    """Conditions that share little with the finding first, then in an order that nothing else decides."""
    shared = len(set(condition) & set(found))
    return shared, hashlib.sha256(repr(condition).encode()).hexdigest()
