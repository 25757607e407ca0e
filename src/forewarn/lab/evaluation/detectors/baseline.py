"""The field's baselines: their figures, calibrated in the same way as everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64

from forewarn.judges.features import LEAST_KNOWN
from forewarn.lab.evaluation.detector import Detector, Scorer, Scores, labelled_looks
from forewarn.lab.evaluation.detectors.logistic import learn
from forewarn.lab.population.run import RecordedRun
from forewarn.stats.ranking import auroc


@final
@dataclass(frozen=True)
class BaselineDetector(Detector):
    """Logistic regression on what one baseline measured."""

    name: str
    """Of the baseline whose figures are recorded."""
    most: int | None = None
    """Keep so many figures, those that part the training side best; all where None."""

    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """Choose figures on the training side, and fit."""
        kept = self._kept(runs)
        fitted = learn(runs, lambda run: self._figures(run)[:, kept], signed=True)

        def scores(run: RecordedRun) -> Scores:
            found = fitted(self._figures(run)[:, kept]).tolist()
            return tuple(
                p if look.known >= LEAST_KNOWN else None for p, look in zip(found, run.looks, strict=True)
            )

        return scores

    def _figures(self, run: RecordedRun) -> Float64[np.ndarray, "look figure"]:
        return np.array(run.figures[self.name], dtype=np.float64)

    def _kept(self, runs: Sequence[RecordedRun]) -> list[int]:
        rows = labelled_looks(runs)
        values = np.nan_to_num(np.array([self._figures(run)[i] for run, i, _ in rows]))
        labels = np.array([label for _, _, label in rows])
        if self.most is None or self.most >= values.shape[1]:
            return list(range(values.shape[1]))
        parted = [abs(auroc(column[labels], column[~labels]) - 0.5) for column in values.T]
        return sorted(range(len(parted)), key=lambda i: -parted[i])[: self.most]
