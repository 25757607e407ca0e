from __future__ import annotations

import math
from pathlib import Path

import pytest

from forewarn.errors import CalibrationError
from forewarn.stats.intervals import clopper_pearson
from forewarn.training.calibrate import calibrate
from forewarn.training.score import RunResult, false_alarms, median_delay, misses, results


@pytest.fixture
def calibration(records):
    return calibrate(records, Path("runs"))


def run(alarm, onset=30, deceptive=True):
    return RunResult("r", "pair", deceptive, onset if deceptive else None, alarm)


def test_verdicts_are_replayed_through_the_alarm_rule(calibration, record):
    held_out = [
        record("loud", [0.0, 0.0, 0.8, 0.8], deceptive=True, onset=30),
        record("silent", [0.0, 0.0, 0.0, 0.0], deceptive=True, onset=30),
        record("calm", [0.0, 0.01, 0.02, 0.0]),
        record("odd", [0.0, 0.9, 0.0, 0.0]),
    ]
    found = {r.name: r.alarm for r in results(held_out, calibration, 0.05)}
    assert found == {"loud": 30, "silent": None, "calm": None, "odd": 20}


def test_features_are_found_by_code_whatever_else_was_asked(calibration, record):
    loud = record("loud", [0.0, 0.0, 0.8, 0.8], deceptive=True, onset=30)
    loud["codes"] = ["TP009", *loud["codes"][::-1]]
    for look in loud["looks"]:
        look["features"] = [1.0, *look["features"][::-1]]
    assert results([loud], calibration, 0.05)[0].alarm == 30


def test_a_run_that_was_not_asked_enough_is_refused(calibration, record):
    silent = record("silent", [0.0])
    silent["codes"] = ["TP001", "TP002", "TP009"]
    with pytest.raises(
        CalibrationError, match=r"silent was looked at with TP001, TP002, TP009; .* counts on TP003"
    ):
        results([silent], calibration, 0.05)


def test_runs_that_do_not_hold_are_not_scored(calibration, record):
    assert results([record("x", [0.9], holds=False)], calibration, 0.05) == []


def test_a_look_that_is_not_whole_raises_no_alarm(calibration, record, look):
    broken = record("x", [])
    broken["looks"] = [look(10, 0.9, complete=False), look(20, 0.0)]
    assert results([broken], calibration, 0.05)[0].alarm is None


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
