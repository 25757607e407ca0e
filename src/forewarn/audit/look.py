"""One look: every question that the helper asks, each claim measured again on other facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from forewarn.audit.questions import Questions
from forewarn.auditset import Split
from forewarn.helpers import Asked, Helper, History, Inquiry, Situation
from forewarn.helpers.policy import spent
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp, after, followed
from forewarn.records import Claim, Evidence, Failed, NotApplicable, Nothing, Outcome, Site

T = TypeVar("T")
NEW = History()


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks a subject what a helper wants to know, within a budget."""

    probes: tuple[Probe, ...]
    helper: Helper
    budget: float = float("inf")
    """What each look adds, in forward passes over the audit set."""
    most: float = 0.0
    """What may be saved up, in the same unit; a look never has less than `budget`."""
    follow_ups: tuple[FollowUp, ...] = ()
    """What may be asked about a claim that a probe has confirmed."""

    @property
    def questions(self) -> Questions:
        """What can be asked."""
        return Questions(self.probes, self.follow_ups)

    def examine(self, inputs: ProbeInputs, split: Split) -> tuple[Outcome, ...]:
        """All outcomes of a first look, in the order asked.

        A probe that raises gives Failed and does not end the look.
        """
        asked = self.ask(inputs, split)
        return tuple(a.outcome for a in (*asked, *self.unopened(inputs, asked)))

    def ask(self, inputs: ProbeInputs, split: Split, history: History = NEW) -> tuple[Asked, ...]:
        """The same with the questions and their prices, at a look that comes after others."""
        known = len(inputs.known(inputs.audit_set.facts)) / len(inputs.audit_set.facts)
        every = self.questions.inquiries(inputs)
        now = Situation(self.questions.open(every, ()), (), self._available(history), known, history)
        while (inquiry := self.helper.next(now)) is not None:
            asked = (*now.asked, Asked(inquiry, self._ask(inquiry, now.asked, inputs, split)))
            left = self.questions.open(every, asked)
            now = replace(now, open=left, asked=asked, budget=now.budget - inquiry.price(now.asked))
        return now.asked

    def unopened(self, inputs: ProbeInputs, asked: Sequence[Asked]) -> tuple[Asked, ...]:
        """Follow-ups of what was asked and claimed nothing: they do not apply, and cost nothing."""
        return self.questions.unopened(self.questions.inquiries(inputs), asked)

    def history_after(self, history: History, asked: Sequence[Asked]) -> History:
        """What the next look knows of this one."""
        left = self._available(history) - spent(asked)
        return history.after([a.outcome for a in asked], left)

    def _available(self, history: History) -> float:
        return min(history.carried + self.budget, max(self.most, self.budget))

    def confirm(self, claim: Claim, inputs: ProbeInputs, split: Split) -> Outcome:
        """Measure a claim on the confirm facts."""
        source = self.questions.source(claim.code)
        return _attempt(claim.site, claim.code, lambda: source.confirm(inputs, claim, split))

    def _ask(self, inquiry: Inquiry, asked: Sequence[Asked], inputs: ProbeInputs, split: Split) -> Outcome:
        source, site = self.questions.source(inquiry.code), inquiry.site
        if isinstance(source, Probe):
            found = _attempt(site, inquiry.code, lambda: source.explore(inputs, site, split))
        else:
            claimed = followed_claim(inquiry, asked)
            found = _attempt(site, inquiry.code, lambda: _pursued(source, inputs, claimed, split))
        return self.confirm(found, inputs, split) if isinstance(found, Claim) else found


def followed_claim(inquiry: Inquiry, asked: Sequence[Asked]) -> Evidence:
    """What a follow-up follows. LookupError where nothing of it was confirmed."""
    wanted = (followed(inquiry.code), inquiry.site)
    claims = [a.outcome for a in asked if (a.inquiry.code, a.inquiry.site) == wanted]
    for claim in claims:
        if isinstance(claim, Evidence):
            return claim
    raise LookupError(f"{inquiry.code} follows a claim of {wanted[0]}, and there is none")


def _pursued(
    source: FollowUp, inputs: ProbeInputs, claim: Evidence, split: Split
) -> Claim | Nothing | NotApplicable:
    """With both codes."""
    found = source.pursue(inputs, claim, split)
    return replace(found, code=after(claim.code, source.code))


def _attempt(site: Site, code: str, ask: Callable[[], T]) -> T | Failed:
    """What the question gives, or how it failed: a probe's mistake must not end a training run."""
    try:
        return ask()
    except Exception as error:
        return Failed(code, site, f"{type(error).__name__}: {error}")
