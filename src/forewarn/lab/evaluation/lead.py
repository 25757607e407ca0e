"""When alarms come, relative to the first snapshot that deceives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from forewarn.lab.evaluation.judged import ScoredRun
from forewarn.lab.evaluation.rates import Figure, median, share


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Over deceptive runs whose onset a snapshot saw."""

    steps: Figure
    """Median of onset minus alarm, positive where it warned before; never counts as infinitely late."""
    before: Figure
    """Share that was warned of before onset."""
    never: Figure
    """Share without an alarm."""


def lead_time(runs: Sequence[ScoredRun]) -> LeadTime:
    """Median and shares."""
    known = [(r.truth.onset, r.alarm) for r in runs if r.truth.deceptive and r.truth.onset is not None]
    leads = [-inf if alarm is None else float(onset - alarm) for onset, alarm in known]
    return LeadTime(
        median(leads),
        share(sum(lead > 0 for lead in leads), len(leads)),
        share(sum(lead == -inf for lead in leads), len(leads)),
    )
