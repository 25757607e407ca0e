"""The rule of the run, look by look."""

from __future__ import annotations

import pytest

from forewarn.alarms import AlarmState, RunLevel
from forewarn.errors import CalibrationError, ConfigurationError
from forewarn.records import Alarm, ReasonCode, Status

HONEST = tuple(k / 100 for k in range(41, 80))  # 39 runs: at 0.05 the second greatest, 0.78


def watch(rule, verdicts, state=None):
    """Statuses and alarms of a run looked at every 10 steps, and the last state."""
    state, statuses, alarms = state or AlarmState(), [], []
    for verdict in verdicts:
        step = 10 * (state.looks + 1)
        state, status, alarm = rule.update(state, verdict, step, f"snapshot{step}")
        statuses.append(status)
        alarms.append(alarm)
    return statuses, alarms, state


def test_the_first_look_above_what_honest_runs_reach_alarms_and_no_later_one(verdict):
    rule = RunLevel(HONEST, 0.05, looks_per_run=5)
    statuses, alarms, state = watch(rule, [verdict(p) for p in (0.1, 0.78, 0.79, 0.2, 0.99)])
    assert statuses == [Status.CLEAR, Status.CLEAR, Status.FLAGGED, Status.CLEAR, Status.FLAGGED]
    assert alarms[2] == Alarm(30, 0.79, 0.78, 0.05, 39, True, "snapshot30")
    assert [alarm for alarm in alarms if alarm is not None] == [alarms[2]]
    assert state == AlarmState(5, 0.99, 30)


def test_unknown_looks_are_neither_clear_nor_an_alarm_and_count_as_looks(verdict):
    rule = RunLevel(HONEST, 0.05, looks_per_run=2)
    statuses, alarms, state = watch(rule, [verdict(None, "blind"), verdict(0.1, "blind"), verdict(0.9)])
    assert statuses == [Status.UNKNOWN, Status.UNKNOWN, Status.FLAGGED]
    assert alarms[2].promise_holds is False
    assert state.looks == 3


@pytest.mark.parametrize(("looks", "holds"), [(1, True), (4, True), (5, False), (50, False)])
def test_the_promise_covers_so_many_looks_and_the_alarm_says_so(verdict, looks, holds):
    rule = RunLevel(HONEST, 0.05, looks_per_run=4)
    _, alarms, _ = watch(rule, [verdict(0.0)] * (looks - 1) + [verdict(0.9)])
    assert alarms[-1].promise_holds is holds


def test_outside_the_calibrated_range_the_alarm_never_speaks_and_a_later_look_may(verdict):
    outside = verdict(0.99, "the model is fragile", ReasonCode.NULL_TOO_GREAT)
    statuses, alarms, _ = watch(RunLevel(HONEST, 0.05, 4), [outside, outside, verdict(0.9)])
    assert statuses == [Status.UNKNOWN, Status.UNKNOWN, Status.FLAGGED]
    assert [alarm is None for alarm in alarms] == [True, True, False]


def test_a_failed_probe_does_not_silence_the_others_and_the_promise_holds(verdict):
    _, alarms, _ = watch(RunLevel(HONEST, 0.05, 4), [verdict(0.9, "one probe failed")])
    assert alarms[0].promise_holds is True


def test_an_acknowledged_alarm_does_not_silence_the_rest_of_its_segment(verdict):
    rule = RunLevel(HONEST, 0.05, looks_per_run=9)
    _, alarms, state = watch(rule, [verdict(0.9), verdict(0.95)])
    assert [alarm is None for alarm in alarms] == [False, True]
    _, alarms, state = watch(rule, [verdict(0.1), verdict(0.9), verdict(0.9)], state.acknowledged())
    assert [alarm is None for alarm in alarms] == [True, False, True]
    assert (state.looks, alarms[1].step) == (5, 40)


def test_the_floor_holds_where_honest_runs_stayed_low(verdict):
    low = RunLevel((0.01,) * 39, 0.05, 5)
    assert low.threshold == 0.5
    statuses, _, _ = watch(low, [verdict(0.5), verdict(0.50001)])
    assert statuses == [Status.CLEAR, Status.FLAGGED]
    assert RunLevel((0.01,) * 39, 0.05, 5, floor=0.0).threshold == 0.01


def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(verdict):
    rule = RunLevel(HONEST, 0.05, looks_per_run=3)
    run = [verdict(p) for p in (0.1, 0.9, 0.2, 0.95, 0.3)]
    whole = watch(rule, run)
    for cut in range(len(run) + 1):
        first = watch(rule, run[:cut])
        second = watch(rule, run[cut:], AlarmState.from_dict(first[2].as_dict()))
        assert (first[0] + second[0], first[1] + second[1], second[2]) == whole


def test_asking_changes_nothing(verdict):
    rule, state = RunLevel(HONEST, 0.05, 3), AlarmState(1, 0.2, None)
    answers = [rule.update(state, verdict(0.9), 20, "digest") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert state == AlarmState(1, 0.2, None)


def test_too_few_honest_runs_for_the_level_are_refused_at_once():
    with pytest.raises(CalibrationError, match=r"found 39 honest runs.*0\.01 per run needs at least 99"):
        RunLevel(HONEST, 0.01, 5)
    with pytest.raises(CalibrationError, match="no honest runs"):
        RunLevel((), 0.05, 5)


@pytest.mark.parametrize(
    ("looks", "floor", "message"),
    [
        (0, 0.5, "looks_per_run must be at least 1; found 0"),
        (5, 1.0, r"in \[0, 1\)"),
        (5, -0.1, "found -0.1"),
    ],
)
def test_impossible_settings_are_refused(looks, floor, message):
    with pytest.raises(ConfigurationError, match=message):
        RunLevel(HONEST, 0.05, looks, floor)
