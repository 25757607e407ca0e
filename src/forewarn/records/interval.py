"""An interval of confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval [low, high] at a stated level; both ends finite."""

    low: float
    """Lower end, in the unit of what it belongs to."""
    high: float
    """Upper end."""
    level: float = 0.95
    """Coverage that the method promises."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"an interval needs finite low <= high; found [{self.low}, {self.high}]")
        if not 0.0 < self.level < 1.0:
            raise ValueError(f"an interval's level lies strictly between 0 and 1; found {self.level}")

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:.2f}, {self.high:.2f}]"
