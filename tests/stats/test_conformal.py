"""The run-level threshold against counting ranks."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.errors import CalibrationError
from forewarn.stats import least_level, least_runs, run_threshold

LEVELS = ["0.01", "0.05", "0.07", "0.1", "0.2", "0.29", "0.3", "0.5", "0.57", "0.9"]
scores = st.lists(st.integers(0, 12).map(lambda k: k / 12), min_size=1, max_size=130)


def slow_alarm(maxima, score, level):
    """Rank of the score among all n + 1 runs, in exact fractions: how many runs reach it, itself included."""
    reaching = sum(1 for maximum in maxima if maximum >= score) + 1
    return Fraction(reaching, len(maxima) + 1) <= Fraction(level)


@given(scores, st.sampled_from(LEVELS), st.integers(0, 12).map(lambda k: k / 12))
def test_the_threshold_says_what_the_ranks_say(maxima, level, score):
    if len(maxima) < least_runs(float(level)):
        with pytest.raises(CalibrationError, match="needs at least"):
            run_threshold(maxima, float(level))
        return
    assert (score > run_threshold(maxima, float(level))) == slow_alarm(maxima, score, level)


ENOUGH = [(level, n) for level in LEVELS for n in (9, 19, 59, 99, 199) if (n + 1) * Fraction(level) >= 1]


@pytest.mark.parametrize(("level", "n"), ENOUGH)
def test_exactly_the_share_allowed_alarms_when_each_run_takes_its_turn_as_the_new_one(level, n):
    runs = [float(run) for run in range(n + 1)]
    alarms = sum(run > run_threshold([r for r in runs if r != run], float(level)) for run in runs)
    assert alarms == math.floor((n + 1) * Fraction(level))


def test_order_statistic_of_the_design():
    maxima = [k / 100 for k in range(1, 100)]
    assert run_threshold(maxima, 0.05) == 0.95
    assert run_threshold(maxima, 0.01) == 0.99
    assert run_threshold(list(reversed(maxima)), 0.05) == 0.95


@pytest.mark.parametrize(
    ("level", "least"), [(0.05, 19), (0.01, 99), (0.1, 9), (0.5, 1), (0.3, 3), (0.001, 999)]
)
def test_least_runs_suffice_and_one_fewer_does_not(level, least):
    assert least_runs(level) == least
    assert run_threshold([0.5] * least, level) == 0.5
    if least > 1:
        with pytest.raises(CalibrationError):
            run_threshold([0.5] * (least - 1), level)


def test_too_few_runs_name_the_runs_found_the_runs_wanted_and_the_level_possible():
    message = r"found 12 honest runs; a false-alarm level of 0.05 .*at least 19.*a level of at least 0.077"
    with pytest.raises(CalibrationError, match=message):
        run_threshold([0.1] * 12, 0.05)
    assert run_threshold([0.1] * 12, 0.077) == 0.1
    assert least_level(12) == pytest.approx(1 / 13)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 5.0, math.nan])
def test_levels_outside_the_range_are_refused(level):
    with pytest.raises(CalibrationError, match=f"strictly between 0 and 1.*found {level}"):
        run_threshold([0.1] * 50, level)


def test_empty_and_broken_scores_are_refused():
    with pytest.raises(CalibrationError, match="no honest runs; calibrate on at least 19"):
        run_threshold([], 0.05)
    with pytest.raises(CalibrationError, match="not finite"):
        run_threshold([0.1] * 30 + [math.nan], 0.05)
