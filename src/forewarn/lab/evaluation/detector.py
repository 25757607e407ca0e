"""What is scored: something that learns from runs whose truth it is told, and gives a score to each look."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from forewarn.alarms import RunLevel
from forewarn.judges.features import LEAST_KNOWN
from forewarn.lab.population.run import RecordedRun

Scores = tuple[float | None, ...]
Scorer = Callable[[RecordedRun], Scores]
"""A score for each look, None where it cannot tell. Never sees a run's ground truth."""


class Detector(ABC):
    """Learns from runs of the training side."""

    name: str

    @abstractmethod
    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """Learn from runs; the promise is made on other ones."""

    def deal(self, runs: Sequence[RecordedRun], seed: int) -> Sequence[RecordedRun]:
        """The runs that it is tried on: as they are, but for a control that deals their truth out anew."""
        return runs

    def threshold(self, honest_maxima: Sequence[float], level: float, looks: int) -> float:
        """What a score must exceed: the run-level promise, for every detector alike."""
        return RunLevel(tuple(sorted(honest_maxima)), level, looks).threshold


def labelled_looks(runs: Sequence[RecordedRun]) -> list[tuple[RecordedRun, int, bool]]:
    """Looks with a settled label: honest runs throughout, deceptive ones from their onset on."""
    return [
        (run, i, run.truth.deceptive)
        for run in runs
        for i, look in enumerate(run.looks)
        if _settled(run, look.step) and look.known >= LEAST_KNOWN
    ]


def _settled(run: RecordedRun, step: int) -> bool:
    onset = run.truth.onset
    return not run.truth.deceptive or (onset is not None and step >= onset)
