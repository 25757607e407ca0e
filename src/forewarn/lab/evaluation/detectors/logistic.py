"""Logistic regression on the figures of a look, by which every detector turns what it measures into a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import NDArray

from forewarn.judges.fit import RIDGE
from forewarn.lab.evaluation.detector import labelled_looks
from forewarn.lab.population.run import RecordedRun
from forewarn.stats.calibration import Logistic, LogisticFitter

Figures = Callable[[RecordedRun], Float64[np.ndarray, "look figure"]]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A logistic fit to standardised figures. Figures that are not finite count as the mean."""

    mean: Float64[np.ndarray, " figure"]
    scale: Float64[np.ndarray, " figure"]
    fit: Logistic
    signed: bool

    def __call__(self, figures: Float64[np.ndarray, "look figure"]) -> Float64[np.ndarray, " look"]:
        """Probabilities at even odds."""
        rows = _rows(figures, self.mean, self.scale, signed=self.signed)
        return np.array([self.fit(row) for row in rows])


def learn(runs: Sequence[RecordedRun], figures: Figures, *, signed: bool, common: bool = True) -> Scaled:
    """Fit looks with a settled label; each run counts the same, and both labels count the same.

    `signed` is for figures of any unit. They are standardised, and a high one may count for honesty too. Figures
    that are not signed are evidence, all in shares of facts. They are taken as they are and never count for
    honesty. With `common` their weights are drawn to a common one, so that a probe which found nothing in training
    still counts; else they are drawn to zero.
    """
    table = {run.truth.name: figures(run) for run in runs}
    rows = labelled_looks(runs)
    values = np.array([table[run.truth.name][i] for run, i, _ in rows])
    labels = np.array([label for _, _, label in rows])
    weights = _weights([run.truth.name for run, _, _ in rows], labels)
    # Mean and scale are those of the finite figures alone.
    finite = np.where(np.isfinite(values), values, np.nan)
    mean = np.nan_to_num(np.nanmean(finite, 0)) if signed else np.zeros(values.shape[1])
    scale = np.nan_to_num(np.nanstd(finite, 0)) if signed else np.ones(values.shape[1])
    scale = np.where(scale > 0, scale, 1.0)
    fitter = LogisticFitter(1.0) if signed else LogisticFitter(RIDGE, common=common)
    fitter.update(_rows(values, mean, scale, signed=signed), labels, weights)
    return Scaled(mean, scale, fitter.fit(), signed)


def _weights(names: Sequence[str], labels: Bool[np.ndarray, " row"]) -> NDArray[np.float64]:
    """Each run weighs one, spread over its looks; then both labels are scaled to the same sum."""
    counts = Counter(names)
    weights = np.array([1.0 / counts[name] for name in names])
    total = len(counts)
    for label in (False, True):
        weights[labels == label] *= total / 2 / weights[labels == label].sum()
    return weights


def _rows(
    values: Float64[np.ndarray, "row figure"],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    *,
    signed: bool,
) -> Float64[np.ndarray, "row wide"]:
    """Standardised; with a mirrored copy where the sign is free, since the fitter's weights are not negative."""
    rows = np.where(np.isfinite(values), (values - mean) / scale, 0.0).clip(-10, 10)
    return np.concatenate([rows, -rows], 1) if signed else rows
