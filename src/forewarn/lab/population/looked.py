"""What was seen at one look: every probe at every site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from forewarn.helpers import Asked
from forewarn.records import Evidence, Failed, NotApplicable, Outcome, Work

Kind = Literal["evidence", "nothing", "not-applicable", "failed"]
UNASKED: Final = "unasked"
"""Kind of a question that nobody has asked; no table holds it."""
KINDS: tuple[Kind, ...] = ("nothing", "evidence", "not-applicable", "failed")


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and what came of it; figures are 0.0 where there are none."""

    code: str
    layer: int
    depth: float
    component: str
    token: str
    cost: float
    """Once the shared work is done."""
    kind: str
    explored: float
    effect: float
    low: float
    high: float
    null: float
    n: int
    shared: tuple[Work, ...] = ()
    """Work that the question needs and that is done once a look."""


@dataclass(frozen=True, slots=True)
class RecordedLook:
    """One look at one run, at one level of what the auditor knows."""

    step: int
    known: int
    asked: int
    seconds: float
    """CPU time of the questions."""
    findings: tuple[Finding, ...]


def passes(found: Iterable[Finding]) -> float:
    """What the questions of one look took together: work that they share counts once."""
    asked = list(found)
    return sum(f.cost for f in asked) + sum(work.passes for work in {w for f in asked for w in f.shared})


def findings(asked: Sequence[Asked]) -> tuple[Finding, ...]:
    """In the order asked."""
    return tuple(_finding(a) for a in asked)


def _finding(asked: Asked) -> Finding:
    outcome, site = asked.outcome, asked.inquiry.site
    place = (asked.inquiry.code, site.layer, site.depth, site.component, site.token, asked.inquiry.cost)
    if isinstance(outcome, Evidence):
        interval = outcome.interval
        figures = (outcome.explored, outcome.effect, interval.low, interval.high, outcome.null, outcome.n)
        return Finding(*place, "evidence", *figures, shared=asked.inquiry.shared)
    return Finding(*place, _kind(outcome), 0.0, 0.0, 0.0, 0.0, 0.0, 0, asked.inquiry.shared)


def _kind(outcome: Outcome) -> Kind:
    if isinstance(outcome, Failed):
        return "failed"
    return "not-applicable" if isinstance(outcome, NotApplicable) else "nothing"
