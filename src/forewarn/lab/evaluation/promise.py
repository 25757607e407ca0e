"""The run-level promise next to the threshold that is usually set per look, as looks grow more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.rates import Figure, share
from forewarn.lab.evaluation.splits import folds
from forewarn.lab.evaluation.trial import divide
from forewarn.lab.population.run import RecordedRun
from forewarn.stats.conformal import run_threshold

LOOKS = (1, 2, 4, 8, 12, 20)
"""Looks over a run, evenly spaced over those that were recorded; no more than these."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Honest runs with any alarm, when each is looked at so often."""

    looks: int
    run_level: Figure
    """With the threshold over whole runs."""
    per_look: Figure
    """With a threshold that single honest looks exceed as seldom."""


def promises(
    detector: Detector, recorded: Sequence[RecordedRun], level: float, seed: int = 0
) -> Iterator[Promise]:
    """Over the honest runs of the seen split, each scored by what has not met its matched group.

    No floor is set below the thresholds here: what is told apart is the rule alone.
    """
    runs = {run.truth.name: run for run in recorded}
    seen = [fold for fold in folds([r.truth for r in recorded]) if fold.split == "seen"]
    scored = [_fold(detector, runs, sorted(fold.train), sorted(fold.test), seed) for fold in seen]
    most = min(len(run.looks) for run in recorded)
    for n in (looks for looks in LOOKS if looks <= most):
        alarms = [_alarms(promising, testing, n, level) for promising, testing in scored]
        total = sum(len(testing) for _, testing in scored)
        yield Promise(n, share(sum(a for a, _ in alarms), total), share(sum(b for _, b in alarms), total))


Scored = list[list[float]]


def _fold(
    detector: Detector, runs: Mapping[str, RecordedRun], train: Sequence[str], test: Sequence[str], seed: int
) -> tuple[Scored, Scored]:
    fitting, promising = divide([runs[name] for name in train], seed)
    scorer = detector.fit(fitting, seed)
    honest = [runs[name] for name in test if not runs[name].truth.deceptive]
    return tuple([[p or 0.0 for p in scorer(run)] for run in side] for side in (promising, honest))  # type: ignore[return-value]


def _alarms(promising: Scored, testing: Scored, n: int, level: float) -> tuple[int, int]:
    """Test runs with an alarm: by the threshold on maxima, and by the one on single looks."""
    kept, tested = ([_thinned(run, n) for run in side] for side in (promising, testing))
    whole = run_threshold([max(run) for run in kept], level)
    single = run_threshold([score for run in kept for score in run], level)
    return sum(max(run) > whole for run in tested), sum(max(run) > single for run in tested)


def _thinned(scores: Sequence[float], n: int) -> list[float]:
    """So many looks, evenly spaced, the last one among them."""
    k = len(scores)
    return [scores[-1 - (i * k) // n] for i in range(min(n, k))]
