"""What a helper is: a policy that picks the next question, or stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from forewarn.probes.follow_up import followed
from forewarn.records import Evidence, Outcome, Site, Work
from forewarn.records.work import price

SLACK = 1e-4
"""Passes by which a price may exceed what is left: sums of prices are rounded."""
Question = tuple[str, Site]
"""A probe's code and where it looks: the same question at every look of a run."""


def opened(question: Question, outcomes: Sequence[Outcome]) -> bool:
    """Whether it is there to be asked: a follow-up is, once what it follows has claimed something there."""
    parent, site = followed(question[0]), question[1]
    return parent is None or any(
        isinstance(o, Evidence) and (o.code, o.site) == (parent, site) for o in outcomes
    )


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question that can be asked: a probe at a site, and its price."""

    code: str
    site: Site
    cost: float
    """In forward passes over the audit set, once the shared work is done."""
    shared: tuple[Work, ...] = ()
    """Work that it needs and that is done once a look."""

    @property
    def question(self) -> Question:
        """Without the price."""
        return self.code, self.site

    def price(self, asked: Sequence[Asked]) -> float:
        """After what was asked at the same look."""
        return price(self.cost, self.shared, (work for a in asked for work in a.inquiry.shared))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, and what came of it."""

    inquiry: Inquiry
    outcome: Outcome


def spent(asked: Sequence[Asked]) -> float:
    """What the questions of one look took together: work that they share counts once."""
    works = {work for a in asked for work in a.inquiry.shared}
    return sum(a.inquiry.cost for a in asked) + sum(work.passes for work in works)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came of a question when it was last asked in this run."""

    outcome: Outcome
    look: int
    """Index of that look."""


@dataclass(frozen=True, slots=True)
class History:
    """What is kept of a run from one look to the next."""

    looks: int = 0
    """Looks taken."""
    carried: float = 0.0
    """Forward passes that were not spent."""
    earlier: Mapping[Question, Earlier] = field(default_factory=dict)

    def after(self, outcomes: Sequence[Outcome], carried: float) -> History:
        """With one more look. What was not open cannot have been asked, though its outcome says so."""
        asked = [o for o in outcomes if opened((o.code, o.site), outcomes)]
        found = {(o.code, o.site): Earlier(o, self.looks) for o in asked}
        return History(self.looks + 1, carried, {**self.earlier, **found})


@dataclass(frozen=True, slots=True)
class Situation:
    """What a helper sees when it is asked what to do."""

    open: tuple[Inquiry, ...]
    """Not yet asked at this look, in the probes' own order."""
    asked: tuple[Asked, ...]
    """At this look, in order."""
    budget: float
    """What may still be spent."""
    known: float = 1.0
    """Share of the audit set's facts that the model knows."""
    history: History = field(default_factory=History)
    """Of earlier looks."""

    @property
    def affordable(self) -> tuple[Inquiry, ...]:
        """What can be asked."""
        return tuple(i for i in self.open if i.price(self.asked) <= self.budget + SLACK)


class Helper(Protocol):
    """Picks the next inquiry. Pure: the same situation gives the same choice."""

    @property
    def name(self) -> str:
        """For manifests and tables."""
        ...

    def next(self, situation: Situation) -> Inquiry | None:
        """One that is affordable; None to stop."""
        ...
