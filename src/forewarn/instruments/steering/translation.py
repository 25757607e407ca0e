"""Moving a model's states from one value of a cue towards another, position by position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch

from forewarn.auditset import AuditSet, Condition, Context, Fact, Part, substitute
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.steering.by_position import ByPosition, by_length, redrawn
from forewarn.records import Site, StreamSite
from forewarn.subjects.edits import Edit


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


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """What to add at a layer: to each part of the context and to the question."""

    swap: Swap
    layer: int
    rows: ByPosition

    def edits(self, inputs: ProbeInputs, facts: Sequence[Fact]) -> Iterator[tuple[Edit, list[Fact]]]:
        """An edit for each length of prompt, and the facts it is for."""
        base = self.swap.base.parts
        for group in by_length(inputs, facts, base):
            yield Edit(self.layer, self.rows.at(group[0][1], base)), [fact for fact, _ in group]


def translation(inputs: ProbeInputs, site: Site, swap: Swap, facts: Sequence[Fact]) -> Translation:
    """Mean difference between the swap's two contexts over facts, position by position."""
    at, contexts = StreamSite(site.layer), (swap.away, swap.towards)
    away, towards = (ByPosition.means(inputs, at, facts, c.parts) for c in contexts)
    return Translation(swap, site.layer, towards.minus(away))


def random_like(move: Translation) -> Translation:
    """At each position a random direction of the same length, drawn by a generator of its own."""
    generator = torch.Generator().manual_seed(0)
    return replace(move, rows=move.rows.each(partial(redrawn, generator=generator)))
