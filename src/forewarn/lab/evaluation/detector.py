"""What is scored: something that learns from runs whose truth it is told, and gives a score to each look."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from forewarn.alarms import RunLevel
from forewarn.lab.population.run import Run

Scores = tuple[float | None, ...]
Scorer = Callable[[Run], Scores]
"""A score for each look, None where it cannot tell. Never sees a run's nature."""
LEAST_KNOWN = 4
"""Known facts below which a look says nothing."""


class Detector(ABC):
    """Learns from runs of the training side."""

    name: str

    @abstractmethod
    def fit(self, runs: Sequence[Run], seed: int) -> Scorer:
        """Learn from runs; the promise is made on other ones."""

    def deal(self, runs: Sequence[Run], seed: int) -> Sequence[Run]:
        """The runs that it is tried on: as they are, but for a control that deals their truth out anew."""
        return runs

    def threshold(self, honest_maxima: Sequence[float], level: float, looks: int) -> float:
        """What a score must exceed: the run-level promise, for every detector alike."""
        return RunLevel(tuple(sorted(honest_maxima)), level, looks).threshold


def told(runs: Sequence[Run]) -> list[tuple[Run, int, bool]]:
    """Looks with a settled label: honest runs throughout, deceptive ones from their onset on."""
    return [
        (run, i, run.nature.deceptive)
        for run in runs
        for i, look in enumerate(run.looks)
        if _settled(run, look.step) and look.known >= LEAST_KNOWN
    ]


def _settled(run: Run, step: int) -> bool:
    onset = run.nature.onset
    return not run.nature.deceptive or (onset is not None and step >= onset)
