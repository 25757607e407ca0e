from __future__ import annotations

import pytest

from forewarn.audit.blindness import Blindness, why_missed, why_unknown
from forewarn.audit.decision import ResponsePolicy
from forewarn.errors import TimeIsUp
from forewarn.records import (
    Failed,
    Interval,
    LookTaken,
    Reason,
    ReasonCode,
    Response,
    Site,
    Status,
    Target,
    Verdict,
)

TARGET = Target(9, None, 1, None)


def look(*codes, step=1, status=Status.UNKNOWN, known=9, failed=False):
    reasons = tuple(Reason(code, f"{code} it is") for code in codes)
    verdict = Verdict(0.2, Interval(0.1, 0.3), reasons, "c")
    outcomes = (Failed("observer", Site(1, 0.5), "ValueError: no"),) if failed else ()
    return LookTaken(step, "d", outcomes, verdict, status, known, 9, 0.1)


CLEAR = look(status=Status.CLEAR)
OUTSIDE = look(ReasonCode.NULL_TOO_GREAT)
SAVING = look(ReasonCode.SAVING)
STILL = look(ReasonCode.UNCHANGED, known=0)
IGNORANT = look(ReasonCode.TOO_FEW_KNOWN, known=1)
LATER = look(ReasonCode.TOO_FEW_KNOWN, step=100, known=1)
BROKEN = look(ReasonCode.PROBE_FAILED, failed=True)


@pytest.mark.parametrize(
    ("looks", "missed", "unknown"),
    [
        ([], 0, 0),
        ([CLEAR], 0, 0),
        ([OUTSIDE, OUTSIDE], 0, 2),
        ([OUTSIDE, CLEAR], 0, 0),
        ([BROKEN, BROKEN], 2, 2),
        ([BROKEN, OUTSIDE], 0, 2),
        ([OUTSIDE, SAVING, OUTSIDE], 0, 2),
        ([IGNORANT, IGNORANT], 0, 0),
        ([OUTSIDE, IGNORANT, OUTSIDE], 0, 2),
        ([LATER, LATER], 0, 2),
        ([STILL, STILL], 0, 2),
        ([look(status=Status.FLAGGED)], 0, 0),
    ],
)
def test_what_counts_in_a_row(looks, missed, unknown):
    found = Blindness()
    for each in looks:
        found = found.after(each, known_by=100)
    assert found == Blindness(missed, unknown)


def test_a_missed_look_counts_as_both():
    assert Blindness(1, 3).missing() == Blindness(2, 4)


@pytest.mark.parametrize(
    ("response", "unknown", "halts"),
    [("halt", 9, False), ("halt", 10, True), ("flag", 99, False), ("record", 99, False)],
)
def test_only_halt_closes(response, unknown, halts):
    reason = why_unknown(OUTSIDE)
    decision = ResponsePolicy(Response(response)).on_unknown(unknown, reason, TARGET)
    assert (decision is not None and decision.halts) is halts
    if decision is not None:
        assert decision.why == (
            "10 looks in a row could not tell; the last because outside of the calibration: null-too-great it is"
        )


def test_why():
    assert why_unknown(BROKEN) == Reason(ReasonCode.PROBE_FAILED, "observer failed: ValueError: no")
    assert why_missed(TimeIsUp("it took longer than 5 seconds")).code is ReasonCode.LATE
    assert why_missed(OSError("stale")) == Reason(ReasonCode.LOOK_FAILED, "OSError: stale")
    assert why_missed(KeyboardInterrupt()).code is ReasonCode.INTERRUPTED


def test_an_error_that_cannot_be_told_is_told_by_its_name():
    class Mute(Exception):
        def __str__(self):
            raise TypeError("no")

    assert why_missed(Mute()).words == "Mute: its message could not be read"
