"""Asking at a recorded look what it was not asked yet: a new probe does not cost the old ones again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from forewarn.audit.questions import pointless
from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.lab.population.looked import Finding, RecordedLook, findings
from forewarn.probes.follow_up import followed
from forewarn.records import Failed, Outcome

Place = tuple[str, int, str, str]
"""Code, layer, component and token role."""


@final
@dataclass(frozen=True, slots=True)
class Missing:
    """A helper that asks what a recorded look does not hold, or holds as failed.

    What such a question follows is asked again before it, since a look keeps no claims.
    """

    wanted: frozenset[Place]
    name: str = "missing"

    def next(self, situation: Situation) -> Inquiry | None:
        """The first that is wanted. A follow-up is wanted with what it follows, which comes first."""
        return next((i for i in situation.affordable if _place(i) in self.wanted), None)


def missing(held: RecordedLook, every: Sequence[Inquiry]) -> Missing:
    """What to ask of all questions that there are, open or not."""
    old = _standing(held)
    wanted: set[Place] = set()
    for place in (_place(i) for i in every if _place(i) not in old):
        parent = parent_of(place)
        if parent is None:
            wanted.add(place)
        elif parent not in old or old[parent].kind == "evidence":
            wanted |= {place, parent}
    return Missing(frozenset(wanted))


def completed(
    held: RecordedLook, every: Sequence[Inquiry], asked: Sequence[Asked], seconds: float
) -> RecordedLook:
    """The look with what was missing, in the order of all questions; what it held is kept."""
    old, new = _standing(held), {place_of(f): f for f in findings(asked)}
    rest = {place_of(f): f for f in findings([Asked(i, _unasked(i, old)) for i in every])}
    whole = tuple({**rest, **new, **old}[_place(i)] for i in every)
    return replace(held, findings=whole, seconds=round(held.seconds + seconds, 3))


def _standing(held: RecordedLook) -> dict[Place, Finding]:
    """What needs no asking: all but what failed and, since it was never open, what follows that."""
    found = {place_of(f): f for f in held.findings}
    failed = {place for place, f in found.items() if f.kind == "failed"}
    return {place: f for place, f in found.items() if failed.isdisjoint((place, parent_of(place)))}


def _unasked(inquiry: Inquiry, old: Mapping[Place, Finding]) -> Outcome:
    """What came of a question that is neither held nor could be asked."""
    parent = parent_of(_place(inquiry))
    if parent is not None and parent in old and old[parent].kind == "evidence":
        return Failed(inquiry.code, inquiry.site, f"{parent[0]} did not make its claim again")
    return pointless(inquiry)


def place_of(finding: Finding) -> Place:
    """What tells a question from the others of its look."""
    return finding.code, finding.layer, finding.component, finding.token


def _place(inquiry: Inquiry) -> Place:
    return inquiry.code, inquiry.site.layer, inquiry.site.component, inquiry.site.token


def parent_of(place: Place) -> Place | None:
    """What a question follows; None for one of a probe's own."""
    code = followed(place[0])
    return None if code is None else (code, *place[1:])
