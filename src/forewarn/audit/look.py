"""One look: every question that the helper asks, each claim measured again on other facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from forewarn.auditset import Split
from forewarn.helpers import Asked, Helper, Inquiry, Recall, Situation
from forewarn.probes import Probe
from forewarn.probes.interview import Interview
from forewarn.records import Claim, Failed, Outcome, Site

T = TypeVar("T")
NEW = Recall()


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks a subject what a helper wants to know, within a budget."""

    probes: tuple[Probe, ...]
    helper: Helper
    budget: float = float("inf")
    """What each look adds, in forward passes over the audit set."""
    most: float = 0.0
    """What may be saved up, in the same unit; a look never has less than `budget`."""

    def examine(self, interview: Interview, split: Split) -> tuple[Outcome, ...]:
        """All outcomes of a first look, in the order asked.

        A probe that raises gives Failed and does not end the look.
        """
        return tuple(a.outcome for a in self.ask(interview, split))

    def ask(self, interview: Interview, split: Split, recall: Recall = NEW) -> tuple[Asked, ...]:
        """The same with the questions and their prices, at a look that comes after others."""
        known = len(interview.known(interview.audit_set.facts)) / len(interview.audit_set.facts)
        now = Situation(self._inquiries(interview), (), self._purse(recall), known, recall)
        while (inquiry := self.helper.next(now)) is not None:
            asked = Asked(inquiry, self._ask(inquiry, interview, split))
            left = tuple(i for i in now.open if i is not inquiry)
            now = replace(now, open=left, asked=(*now.asked, asked), budget=now.budget - inquiry.cost)
        return now.asked

    def recalled(self, recall: Recall, asked: Sequence[Asked]) -> Recall:
        """What the next look knows of this one."""
        left = self._purse(recall) - sum(a.inquiry.cost for a in asked)
        return recall.after([a.outcome for a in asked], left)

    def _purse(self, recall: Recall) -> float:
        return min(recall.saved + self.budget, max(self.most, self.budget))

    def confirm(self, claim: Claim, interview: Interview, split: Split) -> Outcome:
        """Measure a claim on the confirm facts."""
        probe = self._probe(claim.code)
        return _attempt(claim.site, claim.code, lambda: probe.confirm(interview, claim, split))

    def _inquiries(self, interview: Interview) -> tuple[Inquiry, ...]:
        layout = interview.subject.layout
        return tuple(Inquiry(p.code, s, p.cost(interview)) for p in self.probes for s in p.sites(layout))

    def _ask(self, inquiry: Inquiry, interview: Interview, split: Split) -> Outcome:
        probe, site = self._probe(inquiry.code), inquiry.site
        found = _attempt(site, probe.code, lambda: probe.explore(interview, site, split))
        return self.confirm(found, interview, split) if isinstance(found, Claim) else found

    def _probe(self, code: str) -> Probe:
        return next(p for p in self.probes if p.code == code)


def _attempt(site: Site, code: str, ask: Callable[[], T]) -> T | Failed:
    """What the question gives, or how it failed: a probe's mistake must not end a training run."""
    try:
        return ask()
    except Exception as error:
        return Failed(code, site, f"{type(error).__name__}: {error}")
