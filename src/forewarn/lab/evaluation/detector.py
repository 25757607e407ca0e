"""What a detector is: it learns from runs whose ground truth it is given, and scores each look of other runs."""

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
    """Learns from runs of a training side and scores looks; its threshold comes from honest runs kept apart."""

    name: str

    @abstractmethod
    def fit(self, runs: Sequence[RecordedRun], seed: int) -> Scorer:
        """Learn from these runs. The threshold is set on others."""

    def relabelled(self, runs: Sequence[RecordedRun], seed: int) -> Sequence[RecordedRun]:
        """The runs as the detector is given them: unchanged, except for a control that shuffles their truth."""
        return runs

    def threshold(self, honest_maxima: Sequence[float], level: float, looks: int) -> float:
        """What a score must exceed to raise an alarm: by default the promise over whole runs."""
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
