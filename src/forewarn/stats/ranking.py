"""How well scores order two groups, with an interval that keeps its width where they are fully separated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from forewarn.records import Interval

_HALVINGS = 60


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive's score exceeds a negative's, ties counted half (Mann and Whitney 1947).

    Raises ValueError where one of the groups is empty or a score is not a number; infinite ones may be.
    """
    _check(positive, negative)
    order = np.sort(np.asarray(negative, dtype=np.float64))
    scores = np.asarray(positive, dtype=np.float64)
    # A negative below the positive counts 1, a tie 1/2: left and right insertion points, averaged.
    below = np.searchsorted(order, scores, side="left")
    upto = np.searchsorted(order, scores, side="right")
    return float((below + upto).sum() / (2 * len(scores) * len(order)))


def auroc_interval(area: float, n_positive: int, n_negative: int, level: float = 0.95) -> Interval:
    """Score interval of an area under the ROC curve; the units are independent of each other.

    Source: Newcombe 2006, Statistics in Medicine 25:559, method 5 (Hanley and McNeil's variance, at the area
    that is tried and not at the one observed).
    """
    if min(n_positive, n_negative) < 1 or not 0.0 <= area <= 1.0:
        raise ValueError(f"an area needs units of both sorts; found {n_positive} and {n_negative}, {area}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    low, high = (_end(area, edge, z, n_positive, n_negative) for edge in (0.0, 1.0))
    return Interval(min(low, area), max(high, area), level)


def _end(area: float, edge: float, z: float, m: int, n: int) -> float:
    """The farthest area towards an edge that is not refused, by bisection."""
    inside, outside = area, edge
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        accepted = (area - middle) ** 2 <= z * z * _variance(middle, m, n)
        inside, outside = (middle, outside) if accepted else (inside, middle)
    return inside


def _variance(area: float, m: int, n: int) -> float:
    extra = (m + n) / 2 - 1
    spread = 1 + extra * (1 - area) / (2 - area) + extra * area / (1 + area)
    return area * (1 - area) * spread / (m * n)


def _check(positive: Sequence[float], negative: Sequence[float]) -> None:
    if not (len(positive) and len(negative)):
        raise ValueError(
            f"an area needs scores of both sorts; found {len(positive)} and {len(negative)}. Report none."
        )
    if any(math.isnan(score) for score in (*positive, *negative)):
        raise ValueError("a score is not a number; leave out, and count, what was not measured")
