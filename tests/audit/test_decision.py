from __future__ import annotations

import pytest

from forewarn.audit.decision import ResponsePolicy
from forewarn.records import Alarm, Cause, Reason, ReasonCode, Response, Target

ALARM = Alarm(120, 0.93, 0.5, 0.05, 40, True, "a" * 64)
TARGET = Target(120, "a" * 64, 2, "b" * 64)
FULL = Reason(ReasonCode.LOOK_FAILED, "the disk is full")


@pytest.mark.parametrize("response", list(Response))
def test_the_response_to_an_alarm_is_the_one_that_was_set(response):
    decision = ResponsePolicy(response).on_alarm(ALARM, "It lies", TARGET)
    assert (decision.response, decision.alarm, decision.halts) == (response, ALARM, response is Response.HALT)
    assert (decision.cause, decision.target) == (Cause.ALARM, TARGET)


def test_the_reason_holds_the_figures_and_the_strongest_claim():
    told, bare = (ResponsePolicy().on_alarm(ALARM, claim, TARGET).why for claim in ("It lies", None))
    assert bare == (
        "the probability of deception is 0.93, above the threshold 0.50 that honest runs exceed with a chance of "
        "at most 0.05 over a whole run"
    )
    assert told == f"{bare}. It lies."


@pytest.mark.parametrize(
    ("response", "missed", "halts"),
    [("halt", 2, False), ("halt", 3, True), ("halt", 4, True), ("flag", 9, False), ("record", 9, False)],
)
def test_only_halt_fails_closed_and_only_after_enough_misses(response, missed, halts):
    decision = ResponsePolicy(Response(response), most_missed=3).on_blindness(missed, FULL, TARGET)
    assert (decision is not None) is halts
    if decision is not None:
        assert decision.halts and decision.alarm is None and decision.cause is Cause.BLINDNESS
        assert decision.why == f"{missed} looks in a row were missed; the last because the disk is full"


def test_a_repr_is_one_line_without_the_words():
    blind = ResponsePolicy().on_blindness(3, FULL, TARGET)
    alarmed = ResponsePolicy(Response.FLAG).on_alarm(ALARM, "It\nlies", TARGET)
    assert repr(blind) == "<Decision halt for blindness at step 120>"
    assert repr(alarmed) == "<Decision flag for alarm at step 120: 0.93 above 0.50>"
