"""One detector on one fold: fitted, calibrated and scored, each on runs of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.population.run import RecordedRun

FIT_SHARE = 1 / 3
"""Share of the training side's matched groups whose honest runs serve the fit; those of the others the promise."""


def score_held_out(
    detector: Detector, runs: Mapping[str, RecordedRun], fold: Fold, level: float, seed: int = 0
) -> Iterator[ScoredRun]:
    """Fit a detector on a fold's training side, set its threshold there, and score the runs of the test side."""
    train = [runs[name] for name in sorted(fold.train)]
    fitting, promising = divide(train, seed)
    scorer = detector.fit(fitting, seed)
    maxima = [max((p for p in scorer(run) if p is not None), default=0.0) for run in promising]
    threshold = detector.threshold(maxima, level, max(len(run.looks) for run in promising))
    for name in sorted(fold.test):
        run = runs[name]
        yield ScoredRun(run.truth, tuple(look.step for look in run.looks), scorer(run), threshold)


def divide(train: Sequence[RecordedRun], seed: int) -> tuple[list[RecordedRun], list[RecordedRun]]:
    """The runs for the fit, and the honest runs for the promise; no matched group has honest runs in both."""
    groups = sorted({run.truth.group for run in train})
    Random(f"promise|{seed}").shuffle(groups)
    chosen = set(groups[: round(FIT_SHARE * len(groups))])
    fitting = [run for run in train if run.truth.deceptive or run.truth.group in chosen]
    return fitting, [run for run in train if not run.truth.deceptive and run.truth.group not in chosen]
