"""Asking at a recorded look what it was not asked yet: a new probe does not cost the old ones again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from forewarn.audit.questions import pointless
from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.population.looked import Finding, Looked, findings
from forewarn.probes.follow_up import followed

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


def missing(held: Looked, every: Sequence[Inquiry]) -> Missing:
    """What to ask of all questions that there are, open or not."""
    old = {place_of(f): f.kind for f in held.findings}
    wanted: set[Place] = set()
    for place in (_place(i) for i in every if old.get(_place(i), "failed") == "failed"):
        parent = followed(place[0])
        if parent is None:
            wanted.add(place)
        elif old.get((parent, *place[1:]), "failed") in ("evidence", "failed"):
            wanted |= {place, (parent, *place[1:])}
    return Missing(frozenset(wanted))


def completed(held: Looked, every: Sequence[Inquiry], asked: Sequence[Asked], seconds: float) -> Looked:
    """The look with what was missing, in the order of all questions; what it held is kept."""
    old = {place_of(f): f for f in held.findings if f.kind != "failed"}
    new = {place_of(f): f for f in findings(asked)}
    rest = {place_of(f): f for f in findings([Asked(i, pointless(i)) for i in every])}
    whole = tuple({**rest, **new, **old}[_place(i)] for i in every)
    return replace(held, findings=whole, seconds=round(held.seconds + seconds, 3))


def place_of(finding: Finding) -> Place:
    """What tells a question from the others of its look."""
    return finding.code, finding.layer, finding.component, finding.token


def _place(inquiry: Inquiry) -> Place:
    return inquiry.code, inquiry.site.layer, inquiry.site.component, inquiry.site.token
