"""One look: every question that the helper asks, each claim measured again on other facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from forewarn.auditset import Split
from forewarn.helpers import Asked, Helper, Inquiry
from forewarn.probes import Probe
from forewarn.probes.interview import Interview
from forewarn.records import Claim, Failed, Outcome, Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks a subject what a helper wants to know, within a budget."""

    probes: tuple[Probe, ...]
    helper: Helper
    budget: float = float("inf")
    """In forward passes over the audit set; every look has it anew."""

    def examine(self, interview: Interview, split: Split) -> tuple[Outcome, ...]:
        """All outcomes, in the order asked. A probe that raises gives Failed and does not end the look."""
        return tuple(a.outcome for a in self.ask(interview, split))

    def ask(self, interview: Interview, split: Split) -> tuple[Asked, ...]:
        """The same with the questions and their prices."""
        open_, asked, left = self._inquiries(interview), list[Asked](), self.budget
        while (inquiry := self.helper.next(open_, asked, left)) is not None:
            asked.append(Asked(inquiry, self._ask(inquiry, interview, split)))
            open_.remove(inquiry)
            left -= inquiry.cost
        return tuple(asked)

    def confirm(self, claim: Claim, interview: Interview, split: Split) -> Outcome:
        """Measure a claim on the confirm facts."""
        probe = self._probe(claim.code)
        return _attempt(claim.site, claim.code, lambda: probe.confirm(interview, claim, split))

    def _inquiries(self, interview: Interview) -> list[Inquiry]:
        layout = interview.subject.layout
        return [Inquiry(p.code, s, p.cost(interview)) for p in self.probes for s in p.sites(layout)]

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
