"""What a run's looks have come to is a function of its events."""

from __future__ import annotations

import pytest

from forewarn.audit.tally import Tally
from forewarn.judges.judge import SAVING
from forewarn.records import (
    Alarm,
    AlarmAcknowledged,
    AlarmRaised,
    FoundLedger,
    Interval,
    LookMissed,
    LookTaken,
    Reason,
    ReasonCode,
    RunResumed,
    RunStarted,
    Status,
    Verdict,
)

WHY = Reason(ReasonCode.LOOK_FAILED, "why")


def look(step, status, snapshot=None, reasons=()):
    verdict = Verdict(0.1, Interval(0.0, 0.2), reasons, "c")
    return LookTaken(step, snapshot or f"s{step}", (), verdict, status, 9, 12, 0.1)


@pytest.fixture
def tally():
    def of(*events):
        found = Tally()
        for event in events:
            found.note(event)
        return found

    return of


def test_looks_are_counted_by_what_came_of_them(tally):
    found = tally(look(1, Status.UNKNOWN), look(2, Status.CLEAR), LookMissed(3, WHY), look(4, Status.CLEAR))
    assert (found.taken, found.clear, found.unknown, found.missed) == (3, 2, 1, 1)
    assert found.status(0) is Status.UNKNOWN, "a missed look is not clear"


def test_the_last_clear_snapshot_is_that_of_the_latest_clear_look(tally):
    looks = [look(1, Status.CLEAR, "a"), look(2, Status.CLEAR, "b"), look(3, Status.UNKNOWN, "c")]
    assert tally().last_clear is None
    assert tally(*looks).last_clear == "b"
    assert tally(*looks, look(4, Status.CLEAR, "a")).last_clear == "a"
    assert tally(*looks, look(4, Status.FLAGGED, "b")).last_clear == "a"


def test_a_look_that_saves_is_not_the_last_one(tally):
    saving = look(2, Status.UNKNOWN, reasons=(SAVING,))
    assert tally(look(1, Status.CLEAR), saving).status(0) is Status.CLEAR
    assert tally(saving).status(0) is Status.UNKNOWN
    assert tally(look(1, Status.CLEAR), saving).status(1) is Status.UNKNOWN


def test_an_alarm_of_any_segment_flags_the_run(tally):
    alarm = Alarm(1, 0.9, 0.5, 0.05, 40, True, "s1")
    found = tally(
        RunStarted(0, "m"),
        look(1, Status.FLAGGED),
        AlarmRaised(1, alarm, 1),
        RunResumed(1, "h", FoundLedger.AS_LEFT, "as it was", 2),
        look(2, Status.CLEAR),
    )
    assert (found.segment, found.status(0)) == (2, Status.FLAGGED)


def test_a_look_that_was_begun_is_not_clear_until_something_comes_of_it(tally):
    found = tally(look(1, Status.CLEAR))
    found.begin()
    assert found.status(0) is Status.UNKNOWN
    found.note(look(2, Status.CLEAR))
    assert found.status(0) is Status.CLEAR
    found.begin()
    found.note(LookMissed(3, WHY))
    assert (found.missed, found.status(0)) == (1, Status.UNKNOWN)


def test_alarms_of_all_segments_are_kept_and_stand_until_they_are_acknowledged(tally):
    alarms = [AlarmRaised(step, Alarm(step, 0.9, 0.5, 0.05, 40, True, "s"), step) for step in (1, 2)]
    found = tally(alarms[0], AlarmAcknowledged(1, 1, "Ada", ""), alarms[1])
    assert (found.alarms, found.standing, found.flagged) == (alarms, 1, True)


def test_an_alarm_that_only_the_checkpoint_remembers_stands_too(tally):
    resumed = RunResumed(4, "h", FoundLedger.MISSING, "gone", 2, flagged=True)
    assert (tally(resumed).standing, tally(resumed, AlarmAcknowledged(4, 1, "Ada", "")).standing) == (1, 0)
