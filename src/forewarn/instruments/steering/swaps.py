"""Which cues can be swapped, and in which contexts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forewarn.auditset import AuditSet, Condition, Context, Part, substitute


@dataclass(frozen=True, slots=True)
class Swap:
    """In the context `base`, move as from the context `away` towards the context `towards`."""

    away: Context
    towards: Context
    base: Context


def swaps(audit_set: AuditSet) -> list[Swap]:
    """Pairs of truthful contexts that differ in one cue, in every context that has the first one's value.

    Where any such pair differs in being watched, only such pairs. Those that lead to a condition which the
    audit set does not ask come first: there the model's behaviour is not known yet.
    """
    found = list(_all(audit_set.truthful))
    observed = [s for s in found if _is_about_watching(s)]
    asked = {c.parts for c in audit_set.contexts}
    return sorted(observed or found, key=lambda s: _led_to(s) in asked)


def _all(contexts: tuple[Context, ...]) -> Iterator[Swap]:
    for away in contexts:
        for towards in contexts:
            cue = _one_difference(away.parts, towards.parts)
            if cue is not None:
                yield from (Swap(away, towards, b) for b in contexts if cue[0] in b.parts and _alike(b, away))


def _one_difference(a: Condition, b: Condition) -> tuple[Part, Part] | None:
    """The parts in which two conditions of the same slots differ, if they are one."""
    if _slots(a) != _slots(b):
        return None
    different = [(p, q) for p, q in zip(a, b, strict=True) if p != q]
    return different[0] if len(different) == 1 else None


def _alike(one: Context, other: Context) -> bool:
    """Whether they have the same slots: a movement is told position by position."""
    return _slots(one.parts) == _slots(other.parts)


def _slots(condition: Condition) -> list[str]:
    return [p.slot for p in condition]


def _is_about_watching(swap: Swap) -> bool:
    return {swap.away.watched, swap.towards.watched} == {True, False}


def _led_to(swap: Swap) -> Condition:
    cue = _one_difference(swap.away.parts, swap.towards.parts)
    return swap.base.parts if cue is None else substitute(swap.base.parts, cue[1])
