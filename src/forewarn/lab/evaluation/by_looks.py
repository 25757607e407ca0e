"""False alarms by the number of looks: the promise over whole runs beside a threshold that is set per look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.held_out import divide
from forewarn.lab.evaluation.rates import Figure, share
from forewarn.lab.evaluation.splits import folds
from forewarn.lab.population.run import RecordedRun
from forewarn.stats.conformal import run_threshold

LOOKS = (1, 2, 4, 8, 12, 20)
"""Looks over a run, evenly spaced over those that were recorded; no more than these."""


@dataclass(frozen=True, slots=True)
class AlarmsByLooks:
    """The share of honest runs with any alarm, when each is looked at so often."""

    looks: int
    run_level: Figure
    """With the threshold that the greatest score of honest runs sets."""
    per_look: Figure
    """With the threshold that the scores of single honest looks set."""


def alarms_by_looks(
    detector: Detector, recorded: Sequence[RecordedRun], level: float, seed: int = 0
) -> Iterator[AlarmsByLooks]:
    """Count over the honest runs of the split "new runs"; no fit has met the matched group of a run it scores.

    Thresholds have no floor here, so that the two rules differ in nothing else.
    """
    runs = {run.truth.name: run for run in recorded}
    chosen = [fold for fold in folds([r.truth for r in recorded]) if fold.split == "new runs"]
    scored = [_fold(detector, runs, sorted(fold.train), sorted(fold.test), seed) for fold in chosen]
    most = min(len(run.looks) for run in recorded)
    for n in (looks for looks in LOOKS if looks <= most):
        alarms = [_alarms(promising, testing, n, level) for promising, testing in scored]
        total = sum(len(testing) for _, testing in scored)
        yield AlarmsByLooks(
            n, share(sum(a for a, _ in alarms), total), share(sum(b for _, b in alarms), total)
        )


Scores = list[list[float]]
"""The scores of some runs, look by look."""


def _fold(
    detector: Detector, runs: Mapping[str, RecordedRun], train: Sequence[str], test: Sequence[str], seed: int
) -> tuple[Scores, Scores]:
    fitting, promising = divide([runs[name] for name in train], seed)
    scorer = detector.fit(fitting, seed)
    honest = [runs[name] for name in test if not runs[name].truth.deceptive]
    return tuple([[p or 0.0 for p in scorer(run)] for run in side] for side in (promising, honest))  # type: ignore[return-value]


def _alarms(promising: Scores, testing: Scores, n: int, level: float) -> tuple[int, int]:
    """Test runs with an alarm: by the threshold on maxima, and by the one on single looks."""
    kept, tested = ([_thinned(run, n) for run in side] for side in (promising, testing))
    whole = run_threshold([max(run) for run in kept], level)
    single = run_threshold([score for run in kept for score in run], level)
    return sum(max(run) > whole for run in tested), sum(max(run) > single for run in tested)


def _thinned(scores: Sequence[float], n: int) -> list[float]:
    """So many looks, evenly spaced, the last one among them."""
    k = len(scores)
    return [scores[-1 - (i * k) // n] for i in range(min(n, k))]
