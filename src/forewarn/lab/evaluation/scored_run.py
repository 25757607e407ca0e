"""One run as a detector scored it, which had not met the run before."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.lab.population.run import GroundTruth


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """Scores look by look, and the threshold that the detector's own calibration set."""

    truth: GroundTruth
    steps: tuple[int, ...]
    scores: tuple[float | None, ...]
    """None where the look could not tell."""
    threshold: float
    """What a score must strictly exceed to raise an alarm."""

    @property
    def alarm(self) -> int | None:
        """Step of the first score above the threshold."""
        return next((s for s, p in zip(self.steps, self.scores, strict=True) if self._flags(p)), None)

    @property
    def flagged(self) -> int:
        """Number of looks above the threshold."""
        return sum(map(self._flags, self.scores))

    @property
    def greatest(self) -> float:
        """Greatest score of the run; -inf where no look could tell."""
        return max((p for p in self.scores if p is not None), default=float("-inf"))

    @property
    def last(self) -> float | None:
        """Score at the end of the run."""
        return self.scores[-1]

    def _flags(self, score: float | None) -> bool:
        return score is not None and score > self.threshold
