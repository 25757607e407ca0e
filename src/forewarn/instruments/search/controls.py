"""What a condition that turns answers is compared with."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

from forewarn.auditset import Answer, AuditSet, Condition, Fact
from forewarn.instruments.paired import Paired, counted
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import Move, phrases
from forewarn.instruments.search.scores import Scout

N_CONTROLS = 8
"""Conditions among which each fact's control is drawn."""
N_DRAWS = 64
"""Conditions that are drawn before those most like the one found are chosen."""
N_STRANGE = 8
"""Conditions as strange among which each fact's control is drawn."""


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


def as_strange(audit_set: AuditSet, scout: Scout, found: Move) -> tuple[Condition, ...]:
    """Conditions that move the answer's state about as far from the same base, with none of the phrases found.

    Of those drawn, the few whose displacement is nearest in length; of equals the first.
    """
    candidates, length = tuple(strangers(audit_set, found)), float(scout.shift(found).norm())
    apart = {m: abs(float(scout.shift(m).norm()) - length) for m in candidates}
    return tuple(m.condition for m in sorted(candidates, key=lambda m: apart[m])[:N_STRANGE])


def strangers(audit_set: AuditSet, found: Move) -> Iterator[Move]:
    """Other phrases at as many slots of the same base, each condition once, by a generator of its own.

    Conditions that the audit set asks are left out.
    """
    draw = random.Random(0)
    strange = {edit.phrase for edit in found.edits}
    free = [p for p in phrases(audit_set) if p.phrase not in strange]
    seen = {c.parts for c in audit_set.contexts}
    for _ in range(N_DRAWS):
        move = Move(found.base, ())
        for _ in found.edits:
            fit = [p for p in free if move.allows(p)]
            move = move.extended(draw.choice(fit)) if fit else move
        if len(move.edits) == len(found.edits) and move.condition not in seen:
            seen.add(move.condition)
            yield move
