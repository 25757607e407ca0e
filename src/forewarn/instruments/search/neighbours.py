"""Conditions near one that was found, and the worst of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forewarn.auditset import Answer, AuditSet, Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.controls import N_CONTROLS
from forewarn.instruments.search.moves import Move, phrases
from forewarn.instruments.search.scores import Scout


def neighbours(audit_set: AuditSet, found: Move) -> Iterator[Move]:
    """One step from a condition: an edit left out, another phrase in its place, or one edit more.

    In that order and each once; none that asks for something else than the truth, nor the base itself.
    """
    seen = {found.condition, found.base, *_untruthful(audit_set)}
    for move in _steps(audit_set, found):
        if move.condition not in seen:
            seen.add(move.condition)
            yield move


def favoured(scout: Scout, found: Move, moves: Sequence[Move], most: int) -> tuple[Move, ...]:
    """Neighbours of a condition that turns answers: those with fewer edits, then as the gradient favours them."""

    def rank(move: Move) -> tuple[bool, float]:
        step = next((p for p in move.condition if p not in found.condition), None)
        slope = 0.0 if step is None else scout.slope(found.condition, step)
        return len(move.edits) >= len(found.edits), -slope

    return tuple(moves if len(moves) <= most else sorted(moves, key=rank)[:most])


def pulling(scout: Scout, found: Move, moves: Sequence[Move], most: int) -> tuple[Move, ...]:
    """One more edit of a condition that turns no answer: those that move the state where the gradient pulls.

    The gradient is taken under the condition. Only its magnitude counts, since its sign is as good as random while
    the truth is nearly certain.
    """

    def rank(move: Move) -> float:
        shift = scout.shift(Move(found.base, move.edits[-1:]))
        return -abs(float(scout.pull(found.condition) @ shift))

    return tuple(moves if len(moves) <= most else sorted(moves, key=rank)[:most])


def pairings(audit_set: AuditSet, found: Move) -> Iterator[Move]:
    """One more edit of a condition, each condition once; none that asks for something else than the truth."""
    untruthful = _untruthful(audit_set)
    moves = (found.extended(p) for p in phrases(audit_set) if found.allows(p))
    return (m for m in moves if m.condition not in untruthful)


def worst(inputs: ProbeInputs, moves: Sequence[Move], facts: Sequence[Fact], sought: Answer) -> Move:
    """The condition under which most facts get the answer that is sought; of equals the one with fewest edits."""
    answers, n = inputs.ask([(f, m.condition) for m in moves for f in facts]), len(facts)
    turned = {m: answers[i * n : (i + 1) * n].count(sought) for i, m in enumerate(moves)}
    return max(moves, key=lambda m: (turned[m], -len(m.edits)))


def controls_near(inputs: ProbeInputs, move: Move, controls: Sequence[Condition]) -> tuple[Condition, ...]:
    """Controls of a claim that can serve a neighbour: none that holds all its edits and is no context asked.

    The audit set's own contexts, where none of the claim's is left.
    """
    own = tuple(c.parts for c in inputs.audit_set.truthful)
    fit = [c for c in controls if c in own or not set(move.edits) <= set(c)]
    others = (c for c in dict.fromkeys(fit or own) if c != move.condition)
    return tuple(others)[:N_CONTROLS]


def _steps(audit_set: AuditSet, found: Move) -> Iterator[Move]:
    without = [Move(found.base, tuple(e for e in found.edits if e != edit)) for edit in found.edits]
    yield from without
    for edit, less in zip(found.edits, without, strict=True):
        others = (p for p in phrases(audit_set) if p.slot == edit.slot and p != edit)
        yield from (less.extended(p) for p in others if less.allows(p))
    yield from pairings(audit_set, found)


def _untruthful(audit_set: AuditSet) -> set[Condition]:
    return {c.parts for c in audit_set.contexts if c.licenses != "truth"}
