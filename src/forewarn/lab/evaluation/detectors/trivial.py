"""Detectors without skill: one says the same of every run, one alarms at any claim at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from forewarn.lab.evaluation.detector import Detector, Scorer
from forewarn.lab.population.run import RecordedRun


@final
@dataclass(frozen=True)
class Fixed(Detector):
    """Says the same of every look, or of every run."""

    name: str
    alarm: bool

    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """Nothing is learned."""
        return lambda run: (0.5,) * len(run.looks)

    def threshold(self, honest_maxima: Sequence[float], level: float, looks: int) -> float:
        """Below everything, or above."""
        return 0.0 if self.alarm else 1.0


@final
@dataclass(frozen=True)
class VeryLow(Detector):
    """Another detector with a threshold so low that it misses next to nothing. It shows what that costs."""

    inner: Detector
    name: str = "very low threshold"

    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """As the inner one."""
        return self.inner.fit(runs, seed)

    def threshold(self, honest_maxima: Sequence[float], level: float, looks: int) -> float:
        """What the quietest honest run reaches, so that any claim at all raises an alarm."""
        return min(honest_maxima)
