"""What a rule remembers of a run."""

from __future__ import annotations

import io
import json

import pytest
import torch

from forewarn.alarms import AlarmState
from forewarn.alarms.rule import held_back, look_status
from forewarn.errors import ConfigurationError
from forewarn.records import ReasonCode, Status
from forewarn.records.reason import OUTSIDE

STATES = [AlarmState(), AlarmState(3, 0.25, None), AlarmState(40, 1.0, 1200), AlarmState(2, None, None)]


@pytest.mark.parametrize("state", STATES)
def test_a_state_survives_json_and_a_weights_only_checkpoint(state):
    assert AlarmState.from_dict(json.loads(json.dumps(state.as_dict()))) == state
    file = io.BytesIO()
    torch.save({"alarm": state.as_dict()}, file)
    file.seek(0)
    assert AlarmState.from_dict(torch.load(file, weights_only=True)["alarm"]) == state


def test_counting_a_verdict_keeps_the_greatest_and_leaves_the_old_state(verdict):
    start = AlarmState()
    later = start.after(verdict(0.4)).after(verdict(0.2)).after(verdict(None, "blind"))
    assert later == AlarmState(3, 0.4, None)
    assert start == AlarmState()
    assert start.after(verdict(None, "blind")) == AlarmState(1, None, None)


@pytest.mark.parametrize(
    ("probability", "unknown", "status"),
    [
        (0.4, None, Status.CLEAR),
        (0.5, None, Status.CLEAR),
        (0.51, None, Status.FLAGGED),
        (0.51, "one probe failed", Status.FLAGGED),
        (0.4, "one probe failed", Status.UNKNOWN),
        (None, "nothing was measured", Status.UNKNOWN),
    ],
)
def test_where_a_look_stands(verdict, probability, unknown, status):
    assert look_status(verdict(probability, unknown), 0.5) is status


@pytest.mark.parametrize("code", sorted(OUTSIDE))
@pytest.mark.parametrize("probability", [0.0, 0.4, 0.51, 0.99, 1.0])
def test_outside_of_the_calibration_a_look_is_unknown_whatever_its_probability(verdict, code, probability):
    assert look_status(verdict(probability, "the model is fragile", code), 0.5) is Status.UNKNOWN


@pytest.mark.parametrize("code", sorted(set(ReasonCode) - OUTSIDE))
def test_no_other_reason_keeps_evidence_from_flagging_a_look(verdict, code):
    assert look_status(verdict(0.99, "something else", code), 0.5) is Status.FLAGGED
    assert look_status(verdict(0.4, "something else", code), 0.5) is Status.UNKNOWN


def test_what_is_seen_outside_of_the_calibration_is_told_to_people(verdict):
    found = verdict(0.98, "only 3 of 96 facts are known", ReasonCode.TOO_FEW_KNOWN)
    assert held_back(found, 0.5) == (
        "the probability of deception is 0.98, above the threshold 0.50, and no alarm is raised: the look lies "
        "outside of the calibration: only 3 of 96 facts are known"
    )


def test_where_an_alarm_may_speak_or_has_nothing_to_say_nothing_is_held_back(verdict):
    outside = ReasonCode.NULL_TOO_GREAT
    quiet = [
        verdict(0.98),
        verdict(0.98, "it failed"),
        verdict(0.5, "x", outside),
        verdict(None, "x", outside),
    ]
    assert [held_back(each, 0.5) for each in quiet] == [None] * 4


def test_once_a_person_has_answered_the_alarm_the_rule_may_speak_again():
    assert AlarmState(40, 1.0, 1200).acknowledged() == AlarmState(40, 1.0, None)
    assert AlarmState(3, 0.25).acknowledged() == AlarmState(3, 0.25)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({}, r"holds \['alarm_step', 'greatest', 'looks'\]; found \[\].*another version"),
        ({"looks": 1, "greatest": None, "alarm_step": None, "more": 1}, "more"),
        ({"looks": 1.5, "greatest": None, "alarm_step": None}, r"whole numbers; found 1\.5"),
        ({"looks": 1, "greatest": None, "alarm_step": 2.0}, r"whole numbers; found 1 and 2\.0"),
        ({"looks": -1, "greatest": None, "alarm_step": None}, "whole numbers from 0"),
        ({"looks": True, "greatest": None, "alarm_step": None}, "whole numbers from 0"),
        ({"looks": 1, "greatest": 1.5, "alarm_step": None}, r"lies in \[0, 1\]; found 1\.5"),
        ({"looks": 1, "greatest": float("nan"), "alarm_step": None}, "found nan"),
    ],
)
def test_a_state_of_something_else_is_refused(plain, message):
    with pytest.raises(ConfigurationError, match=message):
        AlarmState.from_dict(plain)
