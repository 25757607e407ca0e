"""A mean over seeds with its interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import t as student


def mean_over(
    values: Mapping[int, float], bounds: tuple[float, float] = (-math.inf, math.inf), level: float = 0.95
) -> dict[str, Any]:
    """Mean of one figure for each seed, Student's interval with the seed as the unit, and the figures themselves.

    `bounds`: between which the figure must lie. No interval for a single seed: low and high are None.
    """
    found = list(values.values())
    mean = statistics.fmean(found)
    half = _half_width(found, level)
    low, high = (None, None) if half is None else (max(mean - half, bounds[0]), min(mean + half, bounds[1]))
    return {"mean": mean, "low": low, "high": high, "n": len(found), "seeds": list(values), "each": found}


def difference(first: Mapping[int, float], second: Mapping[int, float]) -> dict[str, Any]:
    """The same for the difference within each seed."""
    return mean_over({seed: first[seed] - second[seed] for seed in first})


def _half_width(values: Sequence[float], level: float) -> float | None:
    if len(values) < 2:
        return None
    quantile = float(student.ppf(0.5 + level / 2, len(values) - 1))
    return quantile * statistics.stdev(values) / math.sqrt(len(values))
