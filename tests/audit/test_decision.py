from __future__ import annotations

import pytest

from forewarn.audit.decision import on_alarm, on_blindness
from forewarn.audit.settings import Settings
from forewarn.records import Alarm, Response

ALARM = Alarm(120, 0.93, 0.5, 0.05, 40, True, "a" * 64)


@pytest.mark.parametrize("response", list(Response))
def test_the_response_to_an_alarm_is_the_one_that_was_set(response):
    decision = on_alarm(Settings(response=response), ALARM, "It lies")
    assert (decision.response, decision.alarm, decision.halts) == (response, ALARM, response is Response.HALT)


def test_the_reason_holds_the_figures_and_the_strongest_claim():
    told, bare = (on_alarm(Settings(), ALARM, claim).why for claim in ("It lies", None))
    assert bare == (
        "the probability of deception is 0.93, above the threshold 0.50 that honest runs exceed with a chance of "
        "at most 0.05 over a whole run"
    )
    assert told == f"{bare}. It lies."


@pytest.mark.parametrize(
    ("response", "missed", "halts"),
    [("halt", 2, False), ("halt", 3, True), ("halt", 9, True), ("flag", 9, False), ("record", 9, False)],
)
def test_blindness_stops_only_what_may_halt_and_only_in_the_end(response, missed, halts):
    decision = on_blindness(Settings.of(response, most_missed=3), missed, "the disk is full")
    assert (decision is not None and decision.halts) is halts
    if halts:
        assert decision.why == f"{missed} looks in a row were missed; the last because the disk is full"
        assert decision.alarm is None
