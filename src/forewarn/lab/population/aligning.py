"""Every look of a run in one order: looks that were completed later may tell theirs in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forewarn.lab.population.completing import place_of
from forewarn.lab.population.looked import RecordedLook


def aligned(looks: Sequence[RecordedLook]) -> tuple[RecordedLook, ...]:
    """In the first look's order. A look that was asked something else stays as it is."""
    if not looks:
        return ()
    order = {place_of(finding): k for k, finding in enumerate(looks[0].findings)}
    return tuple(_in_order(look, order) for look in looks)


def _in_order(look: RecordedLook, order: dict[tuple[str, int, str, str], int]) -> RecordedLook:
    places = [place_of(finding) for finding in look.findings]
    if set(places) != order.keys() or len(places) != len(order):
        return look
    return replace(look, findings=tuple(sorted(look.findings, key=lambda f: order[place_of(f)])))
