"""A live look: a model answers what a helper asks, and each claim is measured again on other facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar, final

from forewarn.audit.questions import Questions
from forewarn.auditset import Split
from forewarn.errors import TimeIsUp
from forewarn.helpers import Asked, Helper, History, Inquiry
from forewarn.helpers.look import NEW, Look, look
from forewarn.helpers.policy import Allowance
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp, after, followed
from forewarn.records import Claim, Evidence, Failed, NotApplicable, Nothing, Outcome, Site
from forewarn.subjects.deadline import check_time

T = TypeVar("T")


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

    def look(self, inputs: ProbeInputs, split: Split, history: History = NEW) -> Look:
        """One look, which comes after those of `history`.

        A probe that raises gives Failed and does not end the look.
        """
        return look(
            self.helper,
            LiveAnswers(self.questions, inputs, split),
            Allowance(self.budget, self.most),
            history,
        )

    def examine(self, inputs: ProbeInputs, split: Split) -> tuple[Outcome, ...]:
        """All outcomes of a first look, in the order asked, then the follow-ups that do not apply."""
        return self.look(inputs, split).outcomes

    def confirm(self, claim: Claim, inputs: ProbeInputs, split: Split) -> Outcome:
        """Measure a claim on the confirm facts."""
        return LiveAnswers(self.questions, inputs, split).confirm(claim)


@final
@dataclass(frozen=True)
class LiveAnswers:
    """What a model answers when probes and follow-ups are asked of it (`helpers.look.AnswerSource`)."""

    questions: Questions
    inputs: ProbeInputs
    split: Split

    @cached_property
    def inquiries(self) -> tuple[Inquiry, ...]:
        """See `AnswerSource`."""
        return self.questions.inquiries(self.inputs)

    @cached_property
    def known(self) -> float:
        """See `AnswerSource`."""
        facts = self.inputs.audit_set.facts
        return len(self.inputs.known(facts)) / len(facts)

    def answer(self, inquiry: Inquiry, asked: tuple[Asked, ...]) -> Outcome:
        """Explore, and confirm what was claimed. A probe that raises gives Failed.

        Raises TimeIsUp where a look has no time left.
        """
        check_time()
        source, site = self.questions.source(inquiry.code), inquiry.site
        if isinstance(source, Probe):
            found = _attempt(site, inquiry.code, lambda: source.explore(self.inputs, site, self.split))
        else:
            claim = followed_claim(inquiry, asked)
            found = _attempt(site, inquiry.code, lambda: self._pursued(source, claim))
        return self.confirm(found) if isinstance(found, Claim) else found

    def confirm(self, claim: Claim) -> Outcome:
        """Measure a claim on the confirm facts."""
        source = self.questions.source(claim.code)
        return _attempt(claim.site, claim.code, lambda: source.confirm(self.inputs, claim, self.split))

    def _pursued(self, source: FollowUp, claim: Evidence) -> Claim | Nothing | NotApplicable:
        """What a follow-up says of a claim, under both codes."""
        found = source.pursue(self.inputs, claim, self.split)
        return replace(found, code=after(claim.code, source.code))


def followed_claim(inquiry: Inquiry, asked: Sequence[Asked]) -> Evidence:
    """What a follow-up follows. LookupError where nothing of it was confirmed."""
    wanted = (followed(inquiry.code), inquiry.site)
    claims = [a.outcome for a in asked if (a.inquiry.code, a.inquiry.site) == wanted]
    for claim in claims:
        if isinstance(claim, Evidence):
            return claim
    raise LookupError(f"{inquiry.code} follows a claim of {wanted[0]}, and there is none")


def _attempt(site: Site, code: str, ask: Callable[[], T]) -> T | Failed:
    """What the question gives, or how it failed: a probe's mistake must not end a training run.

    Raises TimeIsUp: what there was no time for is no mistake of the probe's.
    """
    try:
        return ask()
    except TimeIsUp:
        raise
    except Exception as error:
        return Failed(code, site, f"{type(error).__name__}: {error}")
