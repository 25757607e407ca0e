"""The promise where the first look is the null of every look: honest runs that do odd things from the start.

Looks of one run depend on each other, and runs have unequal numbers of looks. In each repetition fresh honest runs
make the promise and one more is looked at, so that false alarms are independent over repetitions. A correct rule
fails such a test less than once in 10,000 seeds; the seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from forewarn.alarms import AlarmState, RunLevel
from forewarn.judges import batched
from forewarn.records import Interval, Verdict
from forewarn.stats.calibration import Logistic
from forewarn.stats.conformal import run_threshold

LOOKS, REPEATS, UNLIKELY = 7, 1000, 1e-4
FIT = Logistic((12.0,), -3.0)


def claims(effect, half):
    """One claim at each look, with an interval of `half` to either side."""
    column = effect.reshape(-1, 1).astype(np.float32)
    wide = np.broadcast_to(half[..., None], effect.shape).reshape(-1, 1).astype(np.float32)
    there = np.ones(column.shape, bool)
    return batched.Claims(there, column, column, column - wide, column + wide, np.zeros(column.shape, int))


def honest_runs(generator, *shape):
    """Effects (shape, looks) and half widths (shape): three in ten runs are odd from the first look on."""
    odd = 0.6 * (generator.random(shape) < 0.3)
    noise = generator.normal(size=(*shape, LOOKS))
    for look in range(1, LOOKS):
        noise[..., look] = 0.7 * noise[..., look - 1] + np.sqrt(1 - 0.49) * noise[..., look]
    return odd[..., None] + 0.15 * noise, generator.uniform(0.05, 0.2, shape)


def probabilities(effect, half, *, since_first):
    now, first = claims(effect, half), None
    if since_first:
        first = claims(np.broadcast_to(effect[..., :1], effect.shape), half)
    news = batched.features(now, 1, first)[:, 0].reshape(effect.shape)
    return 1 / (1 + np.exp(-(FIT.intercept + FIT.weights[0] * news)))


def maxima(scores, lengths):
    """Greatest score of each run over as many looks as it has."""
    return np.where(np.arange(LOOKS) < lengths[..., None], scores, -np.inf).max(-1)


def false_alarms(level, runs, seed, *, promised_by_itself):
    generator = np.random.default_rng(seed)
    effect, half = honest_runs(generator, REPEATS, runs + 1)
    lengths = generator.integers(2, LOOKS + 1, (REPEATS, runs + 1))
    news = maxima(probabilities(effect, half, since_first=True), lengths)
    alone = maxima(probabilities(effect, half, since_first=False), lengths)
    promised = alone if promised_by_itself else news
    thresholds = [run_threshold(row[:-1].tolist(), level) for row in promised]
    return int((news[:, -1] > thresholds).sum()), int((alone[:, -1] > thresholds).sum())


@pytest.mark.parametrize(("level", "runs"), [(0.05, 19), (0.1, 19), (0.2, 19)])
def test_the_level_holds_by_a_promise_from_looks_since_the_first_and_from_looks_by_themselves(level, runs):
    most, least = (binom.ppf(p, REPEATS, level) for p in (1 - UNLIKELY, UNLIKELY))
    own, _ = false_alarms(level, runs, seed=runs, promised_by_itself=False)
    shipped, alone = false_alarms(level, runs, seed=runs, promised_by_itself=True)
    assert least <= own <= most, "as often as promised: a level that is off by a factor of two shows"
    assert shipped <= most, "what is shipped was promised on looks that stand for themselves"
    assert least <= alone <= most
    assert shipped < alone


def test_by_itself_a_look_breaks_a_promise_that_was_made_since_the_first():
    """The two must not be mixed the other way round: the null can only be added, never taken away."""
    _, alone = false_alarms(0.05, 19, seed=4, promised_by_itself=False)
    assert alone > binom.ppf(1 - UNLIKELY, REPEATS, 0.05)


@pytest.mark.parametrize("level", [0.05, 0.1, 0.15, 0.2, 0.25])
def test_each_level_of_a_grid_has_a_threshold_of_its_own(level):
    maxima = [k / 100 for k in range(1, 100)]
    assert run_threshold(maxima, level) == pytest.approx(1 - level)


def alarm_of(scores):
    """Whether a run is alarmed at, look by look, and whether the alarm is covered."""
    rule, state, raised = RunLevel((0.2,) * 39, 0.05, LOOKS), AlarmState(), []
    for step, p in enumerate(scores):
        state, _, alarm = rule.update(state, Verdict(p, Interval(p, p), (), "c"), step, "d")
        raised += [] if alarm is None else [alarm]
    return raised


def test_to_repeat_some_looks_of_some_runs_changes_no_alarm_but_what_it_promises():
    generator = np.random.default_rng(3)
    runs = 0.3 + honest_runs(generator, 300)[0]
    alarmed = 0
    for number, run in enumerate(runs.clip(0, 1)):
        times = generator.integers(1, 4, LOOKS) if number % 2 else np.ones(LOOKS, int)
        before, after = alarm_of(run.tolist()), alarm_of(np.repeat(run, times).tolist())
        assert [a.probability for a in before] == [a.probability for a in after]
        assert all(a.promise_holds for a in before)
        assert all(a.promise_holds is (a.step < LOOKS) for a in after)
        alarmed += bool(before)
    assert 30 < alarmed < 270, "else this tests nothing"


def test_a_run_that_goes_on_as_it_was_is_never_alarmed_at_and_one_that_changes_is():
    generator = np.random.default_rng(8)
    effect, half = honest_runs(generator, 500)
    still = np.broadcast_to(effect[:, :1] + 0.9, effect.shape)
    assert (probabilities(still, half, since_first=True) < 0.5).all()
    assert (probabilities(still, half, since_first=False)[:, 0] > 0.5).all()
    changed = np.concatenate([np.zeros((500, 3)), np.full((500, 4), 0.9)], 1)
    assert (probabilities(changed, half, since_first=True).max(1) > 0.99).all()
