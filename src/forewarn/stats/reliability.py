"""How well stated probabilities agree with what happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forewarn.records import Interval
from forewarn.stats.intervals import wilson


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts between `low` and `high`, and how often they came true."""

    low: float
    """Lowest forecast of the bin, included."""
    high: float
    """Highest, excluded (included in the last bin)."""
    n: int
    """Forecasts in it; 0 is shown, not left out."""
    predicted: float | None
    """Mean forecast; None where n is 0."""
    observed: float | None
    """Share that came true; None where n is 0."""
    interval: Interval | None
    """Of the observed share (Wilson); None where n is 0."""


def brier(probabilities: Sequence[float], labels: Sequence[bool]) -> float:
    """Mean squared distance of forecast and outcome: 0 is perfect, 0.25 a constant one half.

    Source: Brier 1950, Monthly Weather Review 78:1.
    """
    _check(probabilities, labels)
    pairs = zip(probabilities, labels, strict=True)
    return math.fsum((p - y) ** 2 for p, y in pairs) / len(labels)


def reliability(
    probabilities: Sequence[float], labels: Sequence[bool], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Forecasts grouped into `bins` of equal width, empty ones included.

    Source: Murphy 1973, Journal of Applied Meteorology 12:595; intervals assume independent forecasts.
    """
    _check(probabilities, labels)
    if bins < 1:
        raise ValueError(f"a reliability table needs at least one bin; found {bins}")
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for p, y in zip(probabilities, labels, strict=True):
        members[min(int(p * bins), bins - 1)].append((p, y))
    return tuple(_bin(k / bins, (k + 1) / bins, pairs) for k, pairs in enumerate(members))


def _bin(low: float, high: float, pairs: Sequence[tuple[float, bool]]) -> ReliabilityBin:
    if not pairs:
        return ReliabilityBin(low, high, 0, None, None, None)
    n, hits = len(pairs), sum(y for _, y in pairs)
    return ReliabilityBin(low, high, n, math.fsum(p for p, _ in pairs) / n, hits / n, wilson(hits, n))


def _check(probabilities: Sequence[float], labels: Sequence[bool]) -> None:
    if not len(probabilities) == len(labels) > 0:
        raise ValueError(
            f"a score needs one label per probability and at least one of them; found {len(probabilities)} "
            f"probabilities and {len(labels)} labels"
        )
    if not all(0.0 <= p <= 1.0 for p in probabilities):
        raise ValueError("a probability lies in [0, 1]; found one outside or not a number")
