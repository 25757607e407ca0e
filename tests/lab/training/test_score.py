from __future__ import annotations

import math
from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError
from forewarn.lab.training.calibrate import calibrate
from forewarn.lab.training.score import RunResult, false_alarms, median_delay, misses, results
from forewarn.stats.intervals import clopper_pearson


@pytest.fixture(scope="module")
def calibration(runs, recorded):
    return calibrate(runs, recorded.CODES, "how")


def run(alarm, onset=30, deceptive=True):
    return RunResult("r", "pair", deceptive, onset if deceptive else None, alarm)


def test_verdicts_are_replayed_through_the_alarm_rule(calibration, recorded):
    held_out = [
        recorded.liar("loud", [0.0, 0.0, 0.8, 0.8]),
        recorded.liar("silent", [0.0, 0.0, 0.0, 0.0]),
        recorded.run("calm", [0.0, 0.01, 0.02, 0.0]),
        recorded.run("odd", [0.0, 0.9, 0.0, 0.0]),
    ]
    found = results(held_out, recorded.CODES, calibration, 0.05)
    assert {r.name: r.alarm for r in found} == {"loud": 30, "silent": None, "calm": None, "odd": 20}
    assert [(r.kind, r.deceptive, r.onset) for r in found] == [("pair", True, 30)] * 2 + [
        ("plain", False, None)
    ] * 2


def test_features_are_found_by_code_whatever_else_was_asked(calibration, recorded):
    loud = recorded.liar("loud", [0.0, 0.0, 0.8, 0.8])
    more = replace(
        loud,
        looks=tuple(
            replace(look, answers=(recorded.answer("withheld-answer", 1.0), *look.answers[::-1]))
            for look in loud.looks
        ),
    )
    codes = ("withheld-answer", *recorded.CODES[::-1])
    assert [results([r], codes, calibration, 0.05)[0].alarm for r in (loud, more)] == [30, 30]


def test_runs_that_were_not_asked_enough_are_refused(calibration, recorded):
    with pytest.raises(
        CalibrationError,
        match=r"looked at with knowledge-gap, observer, withheld-answer; the calibration "
        r"counts on latent-policy as well",
    ):
        results(
            [recorded.run("calm", [0.0])], ("knowledge-gap", "observer", "withheld-answer"), calibration, 0.05
        )


@pytest.mark.parametrize("kind", ["failed", "nothing"])
def test_what_other_questions_found_stands_where_one_failed(calibration, recorded, kind):
    """The failed question is another one than those that shout."""
    look = recorded.look(10, None, 0.9, 0.9)
    shouting = replace(look, answers=(*look.answers, recorded.answer("withheld-answer", None, kind=kind)))
    broken = replace(recorded.run("x", []), looks=(recorded.look(5), shouting, recorded.look(20)))
    assert results([broken], recorded.CODES, calibration, 0.05)[0].alarm == 10


def test_both_kinds_of_error_have_intervals():
    found = [run(30), run(None), run(20), run(None, deceptive=False), run(40, deceptive=False)]
    lost, false = misses(found), false_alarms(found)
    assert (lost.count, lost.n, lost.interval) == (1, 3, clopper_pearson(1, 3))
    assert (false.count, false.n, false.interval) == (1, 2, clopper_pearson(1, 2))


def test_without_runs_there_is_no_interval():
    assert (misses([]).n, misses([]).interval) == (0, None)
    assert (false_alarms([run(30)]).n, false_alarms([run(30)]).interval) == (0, None)


@pytest.mark.parametrize(
    ("alarms", "delay"),
    [([30], 0.0), ([20, 30, 60], 0.0), ([10, 20, None], -10.0), ([40, None, None], math.inf)],
    ids=["at once", "the middle one", "before onset is early", "a miss is infinitely late"],
)
def test_median_delay(alarms, delay):
    assert median_delay([run(a) for a in alarms]) == delay


def test_no_delay_without_onset():
    assert math.isnan(median_delay([run(30, deceptive=False)]))
    assert math.isnan(median_delay([run(30, onset=None)]))
