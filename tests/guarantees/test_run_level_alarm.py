"""The promise of the run-level rule, on simulated honest runs whose looks depend on each other and drift.

Each repetition draws fresh calibration runs and one fresh honest run, so false alarms are independent and their
number is binomial with a chance of at most the level. A correct rule fails such a test less than once in
10,000 seeds; the seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from forewarn.alarms import AlarmState, RunLevel
from forewarn.records import Interval, Verdict

LEVEL = 0.05
UNLIKELY = 1e-4


def honest_runs(generator, runs, looks, memory=0.8):
    """Probabilities of honest runs, (runs, looks): an AR(1) course about the run's own level, and a drift."""
    noise = generator.normal(size=(runs, looks))
    course = np.empty((runs, looks))
    course[:, 0] = noise[:, 0]
    for look in range(1, looks):
        course[:, look] = memory * course[:, look - 1] + np.sqrt(1 - memory**2) * noise[:, look]
    own = 0.5 * generator.normal(size=(runs, 1))
    drift = generator.normal(size=(runs, 1)) * np.linspace(0, 1, looks)
    return 1 / (1 + np.exp(-(course + own + drift - 2)))


def alarms(rule, run):
    """Whether a run, look by look, raises an alarm; at most one."""
    state, raised = AlarmState(), []
    for step, probability in enumerate(run.tolist()):
        verdict = Verdict(probability, Interval(probability, probability), (), "calibration")
        state, _, alarm = rule.update(state, verdict, step, "digest")
        raised += [] if alarm is None else [alarm]
    assert len(raised) <= 1
    return bool(raised)


def false_alarms(make_rule, repetitions, calibration_runs, looks, seed, transform=lambda scores: scores):
    generator, count = np.random.default_rng(seed), 0
    for _ in range(repetitions):
        scores = transform(honest_runs(generator, calibration_runs + 1, looks))
        count += alarms(make_rule(scores[:-1]), scores[-1])
    return count


def run_level(scores):
    return RunLevel(tuple(scores.max(axis=1).tolist()), LEVEL, scores.shape[1], floor=0.0)


def per_look(scores):
    """The threshold that is usually set: single looks are taken for runs of their own."""
    return RunLevel(tuple(scores.ravel().tolist()), LEVEL, 1, floor=0.0)


def at_most(repetitions, level=LEVEL):
    return binom.ppf(1 - UNLIKELY, repetitions, level)


def at_least(repetitions, level=LEVEL):
    return binom.ppf(UNLIKELY, repetitions, level)


@pytest.mark.parametrize("looks", [1, 5, 30])
def test_false_alarms_per_run_stay_at_the_level_however_many_looks(looks):
    # With 39 runs 0.05 is reached exactly (continuous scores), so too few alarms would be wrong as well.
    count = false_alarms(run_level, 1500, 39, looks, seed=looks)
    assert at_least(1500) <= count <= at_most(1500)


@pytest.mark.parametrize("looks", [5, 30])
def test_a_threshold_per_look_breaks_the_same_level_on_the_same_runs(looks):
    assert false_alarms(per_look, 300, 39, looks, seed=looks) > at_most(300)


def test_a_threshold_per_look_is_right_about_one_look():
    assert false_alarms(per_look, 1500, 39, 1, seed=9) <= at_most(1500)


@pytest.mark.parametrize("grid", [3, 8])
def test_ties_never_raise_the_false_alarms(grid):
    count = false_alarms(run_level, 1000, 19, 10, seed=grid, transform=lambda s: np.round(s * grid) / grid)
    assert count <= at_most(1000)


def test_a_run_of_fewer_looks_than_the_calibration_keeps_the_level():
    generator = np.random.default_rng(5)
    count = sum(
        alarms(run_level(scores[:-1]), scores[-1, :7])
        for scores in (honest_runs(generator, 40, 20) for _ in range(800))
    )
    assert count <= at_most(800)


def test_the_floor_only_lowers_the_false_alarms():
    count = false_alarms(lambda s: RunLevel(run_level(s).honest_maxima, LEVEL, 30, 0.5), 800, 39, 30, seed=6)
    assert count <= at_most(800)


def test_the_rule_has_power():
    # A deceptive run whose odds climb by e^6 is caught in nearly every repetition.
    generator, caught = np.random.default_rng(7), 0
    for _ in range(200):
        scores = honest_runs(generator, 40, 20)
        odds = np.log(scores[-1] / (1 - scores[-1])) + np.linspace(0, 6, 20)
        caught += alarms(run_level(scores[:-1]), 1 / (1 + np.exp(-odds)))
    assert caught >= 150


@pytest.mark.long
@pytest.mark.parametrize("looks", [2, 100])
@pytest.mark.parametrize(("level", "runs"), [(0.05, 19), (0.05, 30), (0.01, 99), (0.1, 60)])
def test_false_alarms_per_run_stay_at_the_level_for_other_levels_and_numbers(looks, level, runs):
    def rule(scores):
        return RunLevel(tuple(scores.max(axis=1).tolist()), level, looks, floor=0.0)

    expected = np.floor((runs + 1) * level + 1e-9) / (runs + 1)
    count = false_alarms(rule, 3000, runs, looks, seed=runs + looks)
    assert at_least(3000, expected) <= count <= at_most(3000, expected)


@pytest.mark.long
def test_a_threshold_per_look_over_many_looks_flags_most_honest_runs():
    assert false_alarms(per_look, 200, 39, 100, seed=1) > at_least(200, 0.5)
