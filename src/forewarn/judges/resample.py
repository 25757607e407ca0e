"""Labelled looks grouped by run: the fit to them, and the fits to runs drawn again with replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from forewarn.errors import CalibrationError
from forewarn.judges.look_row import LookRow
from forewarn.stats.calibration import Logistic, LogisticFitter


@dataclass(frozen=True, slots=True)
class RunSample:
    """Labelled, whole looks as arrays."""

    features: Float64[np.ndarray, "looks codes"]
    labels: Bool[np.ndarray, " looks"]
    runs: Int64[np.ndarray, " looks"]
    """Index of each look's run."""
    deceptive: Bool[np.ndarray, " runs"]
    """Truth of each run."""
    ridge: float

    @classmethod
    def of(cls, rows: Sequence[LookRow], ridge: float) -> RunSample:
        """The rows that have a label and no gap. Raises CalibrationError when one of the labels is missing."""
        usable = [row for row in rows if row.label is not None and row.complete]
        counts = Counter(row.label for row in usable)
        if not (counts[True] and counts[False]):
            raise CalibrationError(
                f"a fit needs whole looks of both labels; found {counts[True]} deceptive and {counts[False]} "
                "honest ones. Make more runs with `forewarn organisms make`."
            )
        truth = {row.run: row.deceptive for row in usable}
        names = {name: index for index, name in enumerate(sorted(truth))}
        features = np.array([row.features for row in usable], dtype=np.float64)
        return cls(
            features=features,
            labels=np.array([row.label for row in usable], dtype=np.bool_),
            runs=np.array([names[row.run] for row in usable], dtype=np.int64),
            deceptive=np.array([truth[name] for name in names], dtype=np.bool_),
            ridge=ridge,
        )

    def fit(self) -> Logistic:
        """The fit to every run once."""
        return self._weighted(np.ones(len(self.deceptive)))

    def refits(self, count: int, seed: int) -> tuple[Logistic, ...]:
        """Fits to runs drawn with replacement, honest and deceptive ones apart.

        A draw without one of the labels is drawn again. Both are in the sample, so that at least about one
        draw in four holds them.
        """
        # Not the stream of `split_honest`, which begins with the same seed.
        generator, fits = np.random.default_rng([seed, 1]), list[Logistic]()
        while len(fits) < count:
            times = self._draw(generator)
            if len(np.unique(self.labels[times[self.runs] > 0])) == 2:
                fits.append(self._weighted(times))
        return tuple(fits)

    def _draw(self, generator: np.random.Generator) -> Float64[np.ndarray, " runs"]:
        """How often each run is drawn."""
        times = np.zeros(len(self.deceptive))
        for truth in (False, True):
            (members,) = np.nonzero(self.deceptive == truth)
            drawn = generator.choice(members, size=len(members)) if len(members) else members
            np.add.at(times, drawn, 1.0)
        return times

    def _weighted(self, times: Float64[np.ndarray, " runs"]) -> Logistic:
        """The fit with each run counted `times`, spread over its looks, and both labels brought to even odds."""
        weights = times[self.runs] / np.bincount(self.runs)[self.runs]
        for label in (False, True):
            weights[self.labels == label] *= times.sum() / 2 / weights[self.labels == label].sum()
        fitter = LogisticFitter(self.ridge, common=True)
        fitter.update(self.features, self.labels, weights)
        return fitter.fit()
