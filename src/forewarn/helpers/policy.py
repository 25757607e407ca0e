"""What a helper is: a policy that picks the next question, or stops; and the rules that it plays by.

The rules stand here alone: what is open, what a question costs now, what follows a claim, and what one look
leaves to the next. Live looks and recorded ones are the same loop over them (`helpers.look`). The laboratory's
environment computes them for many looks at once (`lab.game.vector_env`), and tests hold it to what stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from forewarn.errors import ConfigurationError
from forewarn.probes.follow_up import followed
from forewarn.records import Evidence, NotApplicable, Outcome, Site, Work
from forewarn.records.work import price

SLACK = 1e-4
"""Passes by which a price may exceed what is left: sums of prices are rounded."""
Question = tuple[str, Site]
"""A probe's code and where it looks: the same question at every look of a run."""


def opened(question: Question, outcomes: Sequence[Outcome]) -> bool:
    """Whether a question is there to be asked: a follow-up is, once what it follows has claimed something."""
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


def still_open(every: Sequence[Inquiry], asked: Sequence[Asked]) -> tuple[Inquiry, ...]:
    """Of every question of a look those that were not asked yet and are there to be asked, in the same order."""
    done, outcomes = {a.inquiry.question for a in asked}, [a.outcome for a in asked]
    return tuple(i for i in every if i.question not in done and opened(i.question, outcomes))


def unopened(every: Sequence[Inquiry], asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Follow-ups of questions that were asked and claimed nothing. They do not apply, and they cost nothing."""
    done, outcomes = {a.inquiry.question for a in asked}, [a.outcome for a in asked]
    closed = [i for i in every if not opened(i.question, outcomes)]
    return tuple(Asked(i, nothing_to_follow(i)) for i in closed if (followed(i.code), i.site) in done)


def nothing_to_follow(inquiry: Inquiry) -> NotApplicable:
    """What comes of a follow-up that was never open."""
    return NotApplicable(inquiry.code, inquiry.site, f"{followed(inquiry.code)} claimed nothing to follow")


def spent(inquiries: Iterable[Inquiry]) -> float:
    """What questions of one look take together, in forward passes: work that they share counts once."""
    asked = tuple(inquiries)
    works = {work for inquiry in asked for work in inquiry.shared}
    return sum(inquiry.cost for inquiry in asked) + sum(work.passes for work in works)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the looks of a run may spend, in forward passes over the audit set.

    ConfigurationError for a budget that is not positive, or a carry-over below zero.
    """

    budget: float = float("inf")
    """Added at every look."""
    carry_over: float = 0.0
    """Most that looks may save up for later ones."""

    def __post_init__(self) -> None:
        if not self.budget > 0.0 or not self.carry_over >= 0.0:
            raise ConfigurationError(
                f"the budget is positive and what may be saved is not negative; found {self.budget:g} and "
                f"{self.carry_over:g}"
            )

    @property
    def most(self) -> float:
        """What no look has more of. It is never less than the budget of one look."""
        return max(self.carry_over, self.budget)

    def available(self, carried: float) -> float:
        """What a look may spend after earlier ones left so much."""
        return min(carried + self.budget, self.most)


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
