"""A threshold that an honest run exceeds, at any of its looks, with at most the stated chance.

The unit is the run: looks within a run depend on each other and drift, so only whole runs are exchangeable.
With the greatest score of each of n honest runs, and one more honest run exchangeable with them, the chance
that its greatest score lies strictly above their ceil((n + 1)(1 - level))-th smallest is at most `level`:
over the draw of all n + 1 runs, whatever the distribution, ties included.

Source: Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a Random World, section 2.2; Papadopoulos
et al. 2002.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from forewarn.errors import CalibrationError


def run_threshold(maxima: Sequence[float], false_alarm: float) -> float:
    """The value that a run must strictly exceed to raise an alarm at level `false_alarm` per run.

    `maxima` holds the greatest score of each honest run. Raises CalibrationError when they are too few for
    the level, or not all finite.
    """
    _check_maxima(maxima)
    n, least = len(maxima), least_runs(false_alarm)
    if n < least:
        raise CalibrationError(
            f"found {n} honest runs; a false-alarm level of {false_alarm:g} per run needs at least {least}. "
            f"Use a level of at least {_round_up(least_level(n))} or calibrate on more honest runs."
        )
    # Of n + 1 exchangeable runs at most this many may exceed the threshold, the new run among them.
    allowed = math.floor((n + 1) * _exact(false_alarm))
    return sorted(maxima)[n - allowed]


def least_runs(false_alarm: float) -> int:
    """Honest runs needed before any alarm is possible at this level: ceil(1 / level) - 1."""
    return math.ceil(1 / _exact(false_alarm)) - 1


def least_level(n: int) -> float:
    """The smallest false-alarm level per run that `n` honest runs can promise: 1 / (n + 1)."""
    return 1 / (n + 1)


def _exact(level: float) -> Fraction:
    """The level as the decimal that the user wrote, so that no rank is lost to rounding."""
    if not 0.0 < level < 1.0:
        raise CalibrationError(
            f"a false-alarm level lies strictly between 0 and 1, such as 0.05; found {level}"
        )
    return Fraction(repr(float(level)))


def _round_up(level: float) -> str:
    """The level with four decimals, never rounded below what is possible."""
    return f"{math.ceil(level * 10_000) / 10_000:g}"


def _check_maxima(maxima: Sequence[float]) -> None:
    if not maxima:
        raise CalibrationError("found no honest runs; calibrate on at least 19 for a level of 0.05 per run")
    if not all(math.isfinite(maximum) for maximum in maxima):
        raise CalibrationError(
            "an honest run's greatest score is not finite; leave out runs without any look"
        )
