"""Intervals for shares, for paired differences of shares, and for a mean.

All take counts of independent units and return an `Interval` that contains the point estimate, so that the two
can always stand together in an `Evidence`. All refuse an empty sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from forewarn.records import Interval

_DRAWN = 2**20  # numbers held at once by a bootstrap
_HALVINGS = 80  # of a stretch of at most 2: far below the spacing of floats


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of a share, `successes` of `n` units.

    Close to its level on average over shares; it may fall a few per cent below at some (use
    `clopper_pearson` where it must not). Raises ValueError for n = 0 or impossible counts.

    Source: Wilson 1927, JASA 22:209; recommended by Brown, Cai and DasGupta 2001, Statistical Science 16:101.
    """
    _check_share(successes, n)
    z = _normal_quantile(level)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high, level)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Exact interval of a share: covers at least `level` whatever the share, at the price of width.

    Raises ValueError for n = 0 or impossible counts. Source: Clopper and Pearson 1934, Biometrika 26:404.
    """
    from scipy.special import betaincinv

    _check_share(successes, n)
    _check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(low, high, level)


def paired_difference(first_only: int, second_only: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of a difference of two shares measured on the same `n` units.

    `first_only` units have the first property and not the second, `second_only` the reverse; the difference
    is (first_only - second_only) / n. Units with both or neither count in `n` alone. Raises ValueError for
    n = 0 or impossible counts.

    Source: Tango 1998, Statistics in Medicine 17:891 (the score test with the nuisance share at its
    constrained maximum, inverted).
    """
    _check_pairs(first_only, second_only, n)
    z = _normal_quantile(level)
    high = _tango_upper(first_only, second_only, n, z)
    low = -_tango_upper(second_only, first_only, n, z)
    return Interval(low, high, level)


def bootstrap_mean(
    values: Sequence[float], seed: int, level: float = 0.95, resamples: int = 2000
) -> Interval:
    """Percentile bootstrap interval of the mean of independent `values`; the same for the same seed.

    Too narrow below some 20 values, and of width zero where all are equal: use a share's interval for
    values that are 0 or 1. Raises ValueError for fewer than two values or any that is not finite.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    _check_level(level)
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size < 2:
        raise ValueError(
            f"a bootstrap interval needs at least 2 independent values in a row; found shape {sample.shape}. "
            "Report NotApplicable instead of a number."
        )
    if not np.isfinite(sample).all():
        raise ValueError("a bootstrap interval needs finite values; leave out or count what was not measured")
    low, high = np.quantile(_resampled_means(sample, seed, resamples), [(1 - level) / 2, (1 + level) / 2])
    mean = sample.mean()
    return Interval(float(min(low, mean)), float(max(high, mean)), level)


def _resampled_means(
    sample: NDArray[np.float64], seed: int, resamples: int
) -> Float64[np.ndarray, " resamples"]:
    """Many draws at once, as long as they fit a modest piece of memory."""
    generator, n = np.random.default_rng(seed), sample.size
    most = max(_DRAWN // n, 1)
    pieces = [min(most, resamples - done) for done in range(0, resamples, most)]
    return np.concatenate([sample[generator.integers(n, size=(k, n))].mean(1) for k in pieces])


def _tango_upper(first_only: int, second_only: int, n: int, z: float) -> float:
    """Greatest difference that the two-sided score test at quantile `z` does not reject."""
    observed = (first_only - second_only) / n

    def accepted(delta: float) -> bool:
        variance = _tango_variance(delta, first_only, second_only, n)
        return (first_only - second_only - n * delta) ** 2 <= z * z * variance

    return 1.0 if accepted(1.0) else _last_accepted(accepted, observed, 1.0)


def _tango_variance(delta: float, first_only: int, second_only: int, n: int) -> float:
    """Variance of the difference in counts, were the true difference `delta` (Tango 1998, eq. 5 and 6)."""
    # The nuisance share at its constrained maximum is the larger root of 2n x^2 + b x + c = 0.
    b = -first_only - second_only + (2 * n - first_only + second_only) * delta
    c = -second_only * delta * (1 - delta)
    share = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    return max(0.0, n * (2 * share + delta * (1 - delta)))


def _last_accepted(accepted: Callable[[float], bool], inside: float, outside: float) -> float:
    """The end of the accepted stretch that begins at `inside`, by bisection."""
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return inside


def _normal_quantile(level: float) -> float:
    _check_level(level)
    return NormalDist().inv_cdf(0.5 + level / 2)


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level lies strictly between 0 and 1, such as 0.95; found {level}")


def _check_share(successes: int, n: int) -> None:
    if n < 1:
        raise ValueError(
            f"a share needs n >= 1 units; found {n}. Report NotApplicable instead of a number: "
            "nothing was measured."
        )
    if not 0 <= successes <= n:
        raise ValueError(f"a share needs 0 <= successes <= n; found {successes} of {n}")


def _check_pairs(first_only: int, second_only: int, n: int) -> None:
    _check_share(first_only + second_only, n)
    if first_only < 0 or second_only < 0:
        raise ValueError(f"counts of units cannot be negative; found {first_only} and {second_only}")
