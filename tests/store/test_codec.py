from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn.errors import StoreError
from forewarn.records import (
    Alarm,
    AlarmAcknowledged,
    AlarmRaised,
    Cause,
    Ending,
    Event,
    Evidence,
    Failed,
    FilesKept,
    FoundLedger,
    Interval,
    LookMissed,
    LookTaken,
    NotApplicable,
    Nothing,
    Reason,
    ReasonCode,
    Response,
    ResponseGiven,
    RunEnded,
    RunResumed,
    RunStarted,
    SettingChange,
    SettingsChanged,
    Site,
    Snapshot,
    SnapshotDropped,
    Status,
    Target,
    Verdict,
)
from forewarn.store.codec import decode, decode_event, encode

TEXT, STEP, SHARE = st.text(max_size=20), st.integers(0, 10**9), st.floats(0, 1)
ANY_FLOAT = st.floats(allow_nan=False)
SITES = st.builds(
    Site,
    layer=STEP,
    depth=SHARE,
    component=st.sampled_from(["resid", "attn", "mlp", "weight", "context"]),
    token=st.sampled_from(["answer", "entity", "context"]),
)
INTERVALS = st.tuples(SHARE, SHARE).map(lambda ends: Interval(min(ends), max(ends)))
EVIDENCE = INTERVALS.flatmap(
    lambda interval: st.builds(
        Evidence,
        code=TEXT,
        claim=TEXT,
        site=SITES,
        effect=st.just(interval.low),
        unit=TEXT,
        interval=st.just(interval),
        null=SHARE,
        n=st.integers(1, 2**62),
        explored=ANY_FLOAT,
        finding=TEXT,
        snapshot=TEXT,
    )
)
OUTCOMES = st.one_of(
    EVIDENCE,
    st.builds(Nothing, code=TEXT, site=SITES, reason=TEXT, n=st.integers(1, 2**62)),
    st.builds(NotApplicable, code=TEXT, site=SITES, reason=TEXT),
    st.builds(Failed, code=TEXT, site=SITES, error=TEXT),
)
REASONS = st.builds(Reason, code=st.sampled_from(list(ReasonCode)), words=TEXT)
DOUBTS = st.lists(REASONS, max_size=2).map(tuple)
VERDICTS = st.one_of(
    st.builds(
        Verdict,
        probability=SHARE,
        interval=INTERVALS,
        unknown=st.lists(REASONS, max_size=2).map(tuple),
        calibration=TEXT,
    ),
    st.builds(
        Verdict, probability=st.none(), interval=st.none(), unknown=st.tuples(REASONS), calibration=TEXT
    ),
)
ALARMS = st.builds(
    Alarm,
    step=STEP,
    probability=ANY_FLOAT,
    threshold=ANY_FLOAT,
    false_alarm=SHARE,
    honest_runs=STEP,
    promise_holds=st.booleans(),
    snapshot=TEXT,
)
TARGETS = st.builds(Target, step=STEP, snapshot=st.none() | TEXT, segment=STEP, last_clear=st.none() | TEXT)
STATUS = st.sampled_from(list(Status))
EVENTS: dict[type, st.SearchStrategy[Any]] = {
    RunStarted: st.builds(RunStarted, step=STEP, manifest=TEXT, segment=STEP),
    RunResumed: st.builds(
        RunResumed, step=STEP, head=TEXT, found=st.sampled_from(list(FoundLedger)), reason=TEXT, segment=STEP
    ),
    LookTaken: st.builds(
        LookTaken,
        step=STEP,
        snapshot=TEXT,
        outcomes=st.lists(OUTCOMES, max_size=3).map(tuple),
        verdict=VERDICTS,
        status=STATUS,
        known=STEP,
        asked=STEP,
        seconds=ANY_FLOAT,
    ),
    LookMissed: st.builds(LookMissed, step=STEP, reason=REASONS),
    AlarmRaised: st.builds(AlarmRaised, step=STEP, alarm=ALARMS, segment=STEP),
    ResponseGiven: st.builds(
        ResponseGiven,
        step=STEP,
        response=st.sampled_from(list(Response)),
        why=TEXT,
        cause=st.sampled_from(list(Cause)),
        target=TARGETS,
    ),
    FilesKept: st.builds(FilesKept, step=STEP, files=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)),
    SnapshotDropped: st.builds(SnapshotDropped, step=STEP, snapshot=TEXT),
    SettingsChanged: st.builds(
        SettingsChanged,
        step=STEP,
        segment=STEP,
        changes=st.lists(
            st.builds(SettingChange, setting=TEXT, was=st.none() | TEXT | STEP, now=st.lists(TEXT) | STEP)
        ).map(tuple),
        knowingly=st.booleans(),
    ),
    AlarmAcknowledged: st.builds(
        AlarmAcknowledged, step=STEP, segment=STEP, by=TEXT, why=TEXT, wrong=st.booleans()
    ),
    RunEnded: st.builds(RunEnded, step=STEP, status=STATUS, reason=st.sampled_from(list(Ending)), error=TEXT),
}


def test_every_event_has_a_strategy() -> None:
    assert set(EVENTS) == set(typing.get_args(Event))


@settings(deadline=None)
@given(st.one_of(*EVENTS.values()))
def test_every_event_comes_back_from_json_as_it_was(event: Event) -> None:
    told = json.loads(json.dumps(encode(event), allow_nan=False))
    back = decode_event(told)
    assert back == event
    assert type(back) is type(event)
    assert encode(back) == encode(event)


@settings(deadline=None)
@given(st.one_of(*EVENTS.values()), st.data())
def test_a_missing_or_extra_field_is_named(event: Event, data: st.DataObject) -> None:
    told = encode(event)
    lost = data.draw(st.sampled_from(sorted(set(told) - {"type"})))
    kind = told["type"]
    with pytest.raises(StoreError, match=f"record: {kind} lacks the field {lost}"):
        decode_event({name: value for name, value in told.items() if name != lost})
    with pytest.raises(StoreError, match=f"record: {kind} has no field mood"):
        decode_event({**told, "mood": "good"})


def _look(**changed: Any) -> dict[str, Any]:
    site = Site(2, 0.5)
    evidence = Evidence("knowledge-gap", "c", site, 0.4, "share", Interval(0.2, 0.6), 0.0, 12, 0.5, "{}", "d")
    verdict = Verdict(0.7, Interval(0.5, 0.9), (), "cal")
    told: dict[str, Any] = encode(
        LookTaken(7, "d", (evidence, Failed("observer", site, "e")), verdict, Status.FLAGGED, 9, 10, 1.5)
    )
    return {**told, **changed}


def test_the_spelling_is_stable() -> None:
    told = _look()
    assert told["type"] == "LookTaken"
    assert told["status"] == "flagged"
    assert [outcome["type"] for outcome in told["outcomes"]] == ["Evidence", "Failed"]
    assert told["outcomes"][0]["interval"] == {"type": "Interval", "low": 0.2, "high": 0.6, "level": 0.95}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "Wish"}, "unknown type 'Wish', wanted RunStarted or "),
        ({"step": 1}, "unknown type None"),
        ([], r"unknown type list \[\]"),
        ({"type": ["RunEnded"]}, "unknown type"),
        ({"type": "Snapshot", "digest": "d", "step": 1, "size": 1, "metrics": []}, "unknown type 'Snapshot'"),
        (_look(step="7"), "record.step: found str '7', wanted int"),
        (_look(step=True), "record.step: found bool True, wanted int"),
        (_look(step=7.0), "record.step: found float 7.0, wanted int"),
        (_look(status="odd"), "record.status: found 'odd', wanted one of clear, flagged, unknown"),
        (_look(outcomes={}), r"record.outcomes: found dict \{\}, wanted a list"),
        (_look(outcomes=[{"type": "Verdict"}]), r"record.outcomes\[0\]: found the unknown type 'Verdict'"),
        (_look(verdict=None), "record.verdict: found the unknown type NoneType"),
        (_look(seconds="soon"), "record.seconds: found str 'soon', wanted float"),
        (_look(seconds=10**400), "record.seconds: found an integer too large"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: object, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        decode_event(data)


def test_a_value_that_its_record_refuses_is_told_with_its_place() -> None:
    told = _look()
    told["outcomes"][0]["n"] = 0
    with pytest.raises(StoreError, match=r"record.outcomes\[0\]: not a valid Evidence: .*n >= 1"):
        decode_event(told)


def test_a_literal_is_held_to_its_words() -> None:
    told = encode(Site(1, 0.5))
    with pytest.raises(
        StoreError, match=r"record.token: found 'nose', wanted one of answer, entity, context"
    ):
        decode({**told, "token": "nose"}, Site)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_json_lacks_survive(value: float) -> None:
    told = json.loads(json.dumps(encode(Snapshot("d", 1, 2, (("loss", value),))), allow_nan=False))
    (name, back) = decode(told, Snapshot).metrics[0]
    assert name == "loss" and (back == value or (math.isnan(back) and math.isnan(value)))


def test_a_pair_is_held_to_its_length() -> None:
    told = {**encode(Snapshot("d", 1, 2)), "metrics": [["loss", 1.0, 2.0]]}
    with pytest.raises(StoreError, match=r"metrics\[0\]: found a list of 3, wanted one of 2"):
        decode(told, Snapshot)


def test_a_whole_number_does_for_a_float() -> None:
    back = decode({"type": "Interval", "low": 0, "high": 1, "level": 0.5}, Interval)
    assert type(back.low) is float


@pytest.mark.parametrize("value", [object(), {1}, b"raw", {1: "a"}])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(StoreError, match=r"turn it into number or text|text keys"):
        encode(value)


@dataclasses.dataclass(frozen=True)
class _Odd:
    either: int | str
    held: Mapping[str, object]


def test_a_union_that_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(StoreError, match="no way to read the union"):
        decode({"type": "_Odd", "either": 1, "held": {}}, _Odd)
