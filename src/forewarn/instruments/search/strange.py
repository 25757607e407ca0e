"""Conditions as strange to a model as one that was found."""

from __future__ import annotations

import random
from collections.abc import Iterator

from forewarn.auditset import AuditSet, Condition
from forewarn.instruments.search.moves import Move, phrases
from forewarn.instruments.search.scores import Scout

N_DRAWS = 64
"""Conditions that are drawn before those most like the one found are chosen."""
N_STRANGE = 8
"""Conditions among which each fact's control is drawn."""


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
