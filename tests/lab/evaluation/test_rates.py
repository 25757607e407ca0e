from __future__ import annotations

from math import inf

import pytest

from forewarn.lab.evaluation.rates import (
    NOTHING,
    area,
    balanced_error,
    false_alarms_per_look,
    false_alarms_per_run,
    lead_time,
    median,
    misses,
)
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.stats.intervals import clopper_pearson


@pytest.fixture
def scored(runs):
    liar = next(run for run in runs if run.truth.deceptive)
    honest = next(run for run in runs if not run.truth.deceptive)

    def make(scores, *, deceptive=True, threshold=0.5):
        truth = (liar if deceptive else honest).truth
        return ScoredRun(truth, tuple(range(10, 10 + 10 * len(scores), 10)), tuple(scores), threshold)

    return make


def test_an_alarm_is_the_first_score_strictly_above(scored):
    assert scored([0.1, 0.5, 0.6, 0.9]).alarm == 30
    assert scored([0.1, 0.5]).alarm is None
    assert scored([None, 0.7]).alarm == 20
    assert scored([None, None]).greatest == -inf


def test_both_errors_count_runs(scored):
    runs = [
        scored([0.9]),
        scored([0.1]),
        scored([0.9, 0.9], deceptive=False),
        scored([0.1], deceptive=False),
        scored([0.2], deceptive=False),
    ]
    missed, false = misses(runs), false_alarms_per_run(runs)
    assert (missed.value, missed.n) == (0.5, 2)
    assert (false.value, false.n) == (1 / 3, 3)
    assert (false.low, false.high) == (clopper_pearson(1, 3).low, clopper_pearson(1, 3).high)
    error = balanced_error(runs)
    assert error.value == pytest.approx((0.5 + 1 / 3) / 2)
    assert error.low < error.value < error.high


def test_looks_count_within_their_run(scored):
    runs = [scored([0.9, 0.1], deceptive=False), scored([0.1] * 4, deceptive=False)]
    assert false_alarms_per_look(runs).value == 0.25
    assert false_alarms_per_look([scored([0.1], deceptive=False)] * 3).high == clopper_pearson(0, 3).high


def test_the_area_is_of_each_runs_greatest_score(scored):
    runs = [scored([0.9, 0.0]), scored([0.0, 0.3], deceptive=False)]
    assert area(runs).value == 1.0
    assert area(runs[:1]) == NOTHING


@pytest.mark.parametrize(
    ("values", "middle"),
    [([1.0], 1.0), ([1.0, 3.0], 2.0), ([-inf, 5.0, 7.0], 5.0), ([-inf, -inf, 1.0], None)],
)
def test_a_median_may_lie_at_infinity_and_is_none_then(values, middle):
    assert median(values).value == middle


def test_the_interval_of_a_median_covers():
    """Ranks 5 and 14 of 20, counted from 0: the binomial of one half leaves 4.1 % outside."""
    found = median([float(i) for i in range(20)])
    assert (found.low, found.high) == (5.0, 14.0)


def test_warned_before_at_after_and_never(runs):
    truth = next(run.truth for run in runs if run.truth.deceptive)
    steps = (60, 70, 80, 90)
    assert truth.onset == 80

    def alarmed(at):
        return ScoredRun(truth, steps, tuple(1.0 if s == at else 0.0 for s in steps), 0.5)

    found = lead_time([alarmed(60), alarmed(80), alarmed(90), alarmed(None)])
    assert found.steps.value == -5.0
    assert (found.before.value, found.never.value, found.never.n) == (0.25, 0.25, 4)
    honest = next(run.truth for run in runs if not run.truth.deceptive)
    assert lead_time([ScoredRun(honest, steps, (0.0,) * 4, 0.5)]).steps.value is None
