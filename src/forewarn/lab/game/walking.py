"""A helper's way through a recorded run, look by look, as it would have gone live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from forewarn.helpers import Asked, Helper, History, Inquiry, Situation
from forewarn.helpers.policy import opened, spent
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.looked import Finding, RecordedLook
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Outcome, Site
from forewarn.records.site import Component, Role

RECORDED = "recorded"
"""Stands where a table keeps no words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: what was seen, and what was done."""

    situation: Situation
    choice: Inquiry | None
    """None: to stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """One look: its choices in order."""

    look: int
    choices: tuple[Choice, ...]

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What was asked, with what came of it."""
        return self.choices[-1].situation.asked


def walk(helper: Helper, run: RecordedRun, rules: Rules) -> Iterator[Step]:
    """The same situations that an `audit.look.Examiner` with that allowance would have put to the helper."""
    history = History()
    for index, look in enumerate(run.looks):
        available = min(history.carried + rules.allowance, max(rules.most, rules.allowance))
        step = Step(index, tuple(_look(helper, look, available, history)))
        yield step
        history = history.after([a.outcome for a in step.asked], available - spent(step.asked))


def _look(helper: Helper, look: RecordedLook, available: float, history: History) -> Iterator[Choice]:
    every = {inquiry(f): outcome(f) for f in look.findings}
    now = Situation(_open(every, ()), (), available, look.known / look.asked, history)
    while (choice := helper.next(now)) is not None:
        yield Choice(now, choice)
        asked = (*now.asked, Asked(choice, every[choice]))
        now = replace(now, open=_open(every, asked), asked=asked, budget=now.budget - choice.price(now.asked))
    yield Choice(now, None)


def _open(every: dict[Inquiry, Outcome], asked: tuple[Asked, ...]) -> tuple[Inquiry, ...]:
    done, outcomes = {a.inquiry for a in asked}, [a.outcome for a in asked]
    return tuple(i for i in every if i not in done and opened(i.question, outcomes))


def inquiry(finding: Finding) -> Inquiry:
    """The question that a finding answers."""
    return Inquiry(finding.code, _site(finding), finding.cost, finding.shared)


def outcome(finding: Finding) -> Outcome:
    """What was found, as far as a table keeps it."""
    code, site = finding.code, _site(finding)
    if finding.kind == "evidence":
        interval = Interval(finding.low, finding.high)
        figures = (interval, finding.null, max(finding.n, 1), finding.explored)
        return Evidence(code, RECORDED, site, finding.effect, RECORDED, *figures, "{}", RECORDED)
    if finding.kind == "nothing":
        return Nothing(code, site, RECORDED, 1)
    return (NotApplicable if finding.kind == "not-applicable" else Failed)(code, site, RECORDED)


def _site(finding: Finding) -> Site:
    component: Component = finding.component  # type: ignore[assignment]
    token: Role = finding.token  # type: ignore[assignment]
    return Site(finding.layer, finding.depth, component, token)
