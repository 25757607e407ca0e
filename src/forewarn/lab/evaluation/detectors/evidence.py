"""The exhaustive helper: it asks every probe everywhere, and counts the lower ends of confirmed claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import final

import numpy as np
from jaxtyping import Float64

from forewarn.judges.features import complete, features, first_measured, gaps
from forewarn.lab.evaluation.detector import Detector, Scorer, Scores
from forewarn.lab.evaluation.detectors.logistic import learn
from forewarn.lab.population.run import RecordedRun


@final
@dataclass(frozen=True)
class EvidenceDetector(Detector):
    """forewarn itself, with every question asked."""

    codes: tuple[str, ...]
    """Of the probes that count."""
    name: str = "forewarn, exhaustive"
    common: bool = True
    """Whether weights are drawn to a common one, as the judge's are, or to zero."""
    since_first: bool = True
    """Whether what a run did at its first look is no news, as with the judge; else each look stands for itself."""

    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """A logistic fit whose weights are not negative: more evidence never lowers the probability."""
        fitted = learn([_whole(run) for run in runs], self._figures, signed=False, common=self.common)

        def scores(run: RecordedRun) -> Scores:
            found = fitted(self._news(run) if self.since_first else self._figures(run)).tolist()
            able = [complete(look.outcomes, look.known) for look in run.looks]
            return tuple(p if whole else None for p, whole in zip(found, able, strict=True))

        return scores

    def _news(self, run: RecordedRun) -> Float64[np.ndarray, "look code"]:
        first = first_measured((look.outcomes for look in run.looks), self.codes)
        return np.array([features(look.outcomes, self.codes, first) for look in run.looks], dtype=np.float64)

    def _figures(self, run: RecordedRun) -> Float64[np.ndarray, "look code"]:
        """What evidence weighs is learned from looks that stand for themselves."""
        return np.array([features(look.outcomes, self.codes) for look in run.looks], dtype=np.float64)


@final
@dataclass(frozen=True)
class ShuffledTruth(Detector):
    """Another detector on runs whose ground truth is shuffled: whatever it still finds is chance, or a leak."""

    inner: EvidenceDetector
    name: str = "shuffled truth"

    def relabelled(self, runs: Sequence[RecordedRun], seed: int) -> list[RecordedRun]:
        """Truth and onset are shuffled among all runs, across matched groups and across the sides of a split."""
        truths = [(run.truth.deceptive, run.truth.onset) for run in runs]
        Random(f"shuffled|{seed}").shuffle(truths)
        return [_with_truth(run, *truth) for run, truth in zip(runs, truths, strict=True)]

    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """As the inner detector does, which does not know of the shuffling."""
        return self.inner.fit(runs, seed)


def _with_truth(run: RecordedRun, deceptive: bool, onset: int | None) -> RecordedRun:
    return replace(run, truth=replace(run.truth, deceptive=deceptive, onset=onset))


def _whole(run: RecordedRun) -> RecordedRun:
    """Without looks at which a question failed."""
    kept = [i for i, look in enumerate(run.looks) if not gaps(look.outcomes)]
    return replace(run, looks=tuple(run.looks[i] for i in kept))
