"""Edits of a context: which phrases may stand in which slot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forewarn.auditset import AuditSet, Condition, Part, substitute


@dataclass(frozen=True, slots=True)
class Move:
    """A context of the audit set with some of its parts replaced."""

    base: Condition
    """A context that licenses truth."""
    edits: tuple[Part, ...]
    """Replacements, at most one a slot; empty for the context itself."""

    @property
    def condition(self) -> Condition:
        """What the model is asked under."""
        condition = self.base
        for edit in self.edits:
            condition = substitute(condition, edit)
        return condition

    def extended(self, edit: Part) -> Move:
        """One more replacement."""
        return Move(self.base, (*self.edits, edit))

    def allows(self, edit: Part) -> bool:
        """Whether the edit touches a slot that no other one touches, and changes it."""
        return all(e.slot != edit.slot for e in self.edits) and edit not in self.base


def origin(audit_set: AuditSet, condition: Condition) -> Move | None:
    """The condition as edits of another truthful context, as few as there can be; None where none leads there."""
    contexts = [c.parts for c in audit_set.truthful if c.parts != condition]
    moves = [Move(c, tuple(p for p in condition if p not in c)) for c in contexts]
    return min((m for m in moves if m.condition == condition), key=lambda m: len(m.edits), default=None)


def phrases(audit_set: AuditSet) -> tuple[Part, ...]:
    """Parts that a search may use: all of the truthful contexts and the lexicon, if they license truth."""
    parts = [p for c in audit_set.truthful for p in c.parts] + list(audit_set.lexicon)
    return tuple(p for p in dict.fromkeys(parts) if audit_set.licenses_truth((p,)))


def singles(audit_set: AuditSet) -> Iterator[Move]:
    """Every context with one part replaced, each condition once, none that the audit set already asks."""
    seen = {c.parts for c in audit_set.contexts}
    for context in audit_set.truthful:
        for part in phrases(audit_set):
            move = Move(context.parts, ())
            if move.allows(part) and move.extended(part).condition not in seen:
                seen.add(move.extended(part).condition)
                yield move.extended(part)


def pairs(moves: Sequence[Move]) -> Iterator[tuple[Move, Move]]:
    """Two single moves of one base that touch different slots, as (move, its partner), each pair once."""
    for i, first in enumerate(moves):
        for second in moves[i + 1 :]:
            if first.base == second.base and first.allows(second.edits[0]):
                yield first, second
