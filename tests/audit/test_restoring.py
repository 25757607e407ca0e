from __future__ import annotations

import pytest

from forewarn.audit.blindness import Blindness
from forewarn.audit.restoring import restored
from forewarn.audit.unchanged import Seen
from forewarn.records import Interval, LookTaken, Reason, ReasonCode, Status, Verdict

STATE = {
    "alarm": {"looks": 2, "greatest": 0.2, "alarm_step": 5},
    "missed": 1,
    "unknown": 4,
    "carried": 3.0,
    "seen": {"step": 20, "snapshot": "b", "known": 9, "asked": 9},
}


def taken_up(state, events):
    """With a judge that counts one probe, of a model that may know too little for ten steps."""
    return restored(state, events, ("told",), 10)


def look(step, *codes):
    reasons = tuple(Reason(code, "so it is") for code in codes)
    return LookTaken(step, "b", (), Verdict(0.2, Interval(0.1, 0.3), reasons, "c"), Status.CLEAR, 9, 9, 0.1)


@pytest.mark.parametrize(
    ("n", "counted"), [(0, 2), (1, 2), (2, 2), (5, 5)], ids=["gone", "cut", "as left", "longer"]
)
def test_all_looks_of_the_ledger_count_towards_the_promise(n, counted):
    found = taken_up(STATE, [look(step) for step in range(n)])
    assert (found.alarm.looks, found.alarm.alarm_step) == (counted, None)


def test_looks_that_measured_nothing_do_not_count():
    looks = [look(10), look(20), look(30, ReasonCode.UNCHANGED), look(40, ReasonCode.UNCHANGED)]
    assert taken_up(STATE, looks).alarm.looks == 2


def test_what_is_saved_outlives_the_ledger_and_it_is_said(caplog):
    found = taken_up(STATE, [])
    assert (found.history.carried, found.history.looks) == (3.0, 2)
    assert "does not know any more what the run's 2 earlier looks found" in caplog.text
    assert taken_up({**STATE, "carried": None}, []).history.carried == float("inf")


def test_the_ledger_gives_the_rest(caplog):
    found = taken_up(STATE, [look(10), look(20)])
    assert (found.history.looks, found.history.carried, found.blindness) == (2, 3.0, Blindness(1, 4))
    assert found.seen == Seen(20, "b", 9, 9)
    assert not caplog.records
