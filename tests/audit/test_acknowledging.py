"""Which alarms stand."""

from __future__ import annotations

import pytest

from forewarn.audit.acknowledging import acknowledge, acknowledgements, standing_alarms, standing_among
from forewarn.errors import StoreError
from forewarn.records import Alarm, AlarmAcknowledged, AlarmRaised, FoundLedger, RunResumed, RunStarted


def raised(step, segment=1):
    return AlarmRaised(step, Alarm(step, 0.9, 0.5, 0.05, 40, True, "s"), segment)


def said(step, segment=1):
    return AlarmAcknowledged(step, segment, "Ada", "")


def resumed(segment, flagged=True):
    return RunResumed(6, "h", FoundLedger.AS_LEFT, "as it was", segment, flagged)


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([], []),
        ([raised(4)], [(1, 4)]),
        ([raised(4), said(4)], []),
        ([said(4), raised(4)], [(1, 4)]),
        ([raised(4), said(5)], [(1, 4)]),
        ([raised(4), said(4), resumed(2), raised(4, 2)], [(2, 4)]),
        ([raised(4), resumed(2), raised(8, 2)], [(1, 4), (2, 8)]),
        ([RunStarted(6, "m", 2), resumed(2)], [(1, 6)]),
        ([RunStarted(6, "m", 2), resumed(2), said(6)], []),
        ([resumed(2), said(6), resumed(3)], []),
        ([resumed(2, flagged=False)], []),
    ],
)
def test_an_alarm_stands_until_a_later_line_acknowledges_it(events, standing):
    assert [(alarm.segment, alarm.step) for alarm in standing_among(events)] == standing


def test_what_is_written_acknowledges_what_stands():
    events = [raised(4), resumed(2), raised(8, 2)]
    assert standing_among([*events, *acknowledgements(standing_among(events), by="Ada")]) == ()


def test_where_there_is_no_ledger_nothing_stands_and_nothing_is_written(tmp_path):
    assert standing_alarms(tmp_path) == ()
    with pytest.raises(StoreError, match="cannot read the ledger"):
        acknowledge(tmp_path)
    assert list(tmp_path.iterdir()) == []
