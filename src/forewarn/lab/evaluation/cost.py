"""What a look with every question costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forewarn.lab.evaluation.rates import Figure
from forewarn.lab.population.recorded_look import RecordedAnswer
from forewarn.lab.population.recorded_look import passes as spent
from forewarn.lab.population.run import RecordedRun
from forewarn.probes.follow_up import followed
from forewarn.records import NotApplicable
from forewarn.stats.intervals import bootstrap_mean


@dataclass(frozen=True, slots=True)
class Cost:
    """Means over runs; every look of a run counts alike."""

    passes: Figure
    """Forward passes over the audit set that the probes say they take."""
    seconds: Figure
    """CPU time of one thread, on the machine that recorded the table."""


def cost(runs: Sequence[RecordedRun]) -> Cost:
    """The mean cost over all recorded runs."""
    passes = [_mean([spent(filter(_asked, look.answers)) for look in run.looks]) for run in runs]
    seconds = [_mean([look.seconds for look in run.looks]) for run in runs]
    return Cost(_figure(passes), _figure(seconds))


def _asked(answer: RecordedAnswer) -> bool:
    """Whether a question was asked at all: a follow-up of a probe that claimed nothing was not."""
    return not isinstance(answer.outcome, NotApplicable) or followed(answer.inquiry.code) is None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _figure(values: Sequence[float]) -> Figure:
    interval = bootstrap_mean(values, seed=0)
    return Figure(_mean(values), len(values), interval.low, interval.high)
