"""The per-look rule, kept for comparison."""

from __future__ import annotations

import pytest

from forewarn.alarms import AlarmState, PerLook, RunLevel
from forewarn.errors import CalibrationError
from forewarn.records import Alarm, Status

HONEST = tuple(k / 100 for k in range(1, 100))


def test_it_alarms_once_at_the_quantile_of_single_looks_and_never_promises(verdict):
    rule, state = PerLook(HONEST, 0.05), AlarmState()
    state, status, alarm = rule.update(state, verdict(0.95), 1, "a")
    assert (status, alarm) == (Status.CLEAR, None)
    state, status, alarm = rule.update(state, verdict(0.96), 2, "b")
    assert (status, alarm) == (Status.FLAGGED, Alarm(2, 0.96, 0.95, 0.05, 0, False, "b"))
    state, status, alarm = rule.update(state, verdict(0.99), 3, "c")
    assert (status, alarm, state) == (Status.FLAGGED, None, AlarmState(3, 0.99, 2))


def test_an_unknown_look_is_unknown(verdict):
    assert PerLook(HONEST, 0.05).update(AlarmState(), verdict(None, "blind"), 1, "a")[1] is Status.UNKNOWN


def test_with_one_look_per_run_both_rules_are_the_same_rule():
    assert PerLook(HONEST, 0.05).threshold == RunLevel(HONEST, 0.05, 1, floor=0.0).threshold


def test_too_few_looks_are_refused():
    with pytest.raises(CalibrationError, match="needs at least 19"):
        PerLook((0.1,) * 18, 0.05)
