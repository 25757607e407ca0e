"""Where a step and a probability lie on a drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axes:
    """A plotting area in user units, with training steps across and probability upwards."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    first: int
    """Step at the left edge."""
    last: int
    """Step at the right edge; greater than `first`."""

    def x(self, step: float) -> float:
        """Horizontal place of a step."""
        share = (step - self.first) / (self.last - self.first)
        return round(self.left + share * (self.width - self.left - self.right), 2)

    def y(self, probability: float) -> float:
        """Vertical place of a probability in [0, 1]."""
        share = min(max(probability, 0.0), 1.0)
        return round(self.height - self.bottom - share * (self.height - self.top - self.bottom), 2)

    def ticks(self, wanted: int) -> tuple[int, ...]:
        """Round steps inside the area, at most about `wanted`."""
        gap = tick_gap(self.last - self.first, wanted)
        start = math.ceil(self.first / gap) * gap
        return tuple(range(start, self.last + 1, gap))


def tick_gap(span: int, wanted: int) -> int:
    """Smallest of 1, 2, 5, 10, 20, … that cuts `span` into at most `wanted` pieces."""
    gap, factors = 1, (2.0, 2.5, 2.0)
    turn = 0
    while span / gap > wanted:
        gap = round(gap * factors[turn % 3])
        turn += 1
    return gap
