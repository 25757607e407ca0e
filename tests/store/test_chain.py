from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forewarn.errors import StoreError
from forewarn.records import Ending, Event, LookMissed, Reason, ReasonCode, RunEnded, RunStarted, Status
from forewarn.store.chain import GENESIS, Entry, examine, line_of, parse
from forewarn.store.codec import encode
from forewarn.store.digest import canonical, text_digest


def missed(step: int, words: str) -> LookMissed:
    return LookMissed(step, Reason(ReasonCode.LOOK_FAILED, words))


NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
EVENTS: tuple[Event, ...] = (
    RunStarted(0, "m" * 64),
    missed(10, 'a "quoted" caf\u00e9 \\ reason'),
    missed(20, "again"),
    missed(30, "again"),
    RunEnded(40, Status.UNKNOWN, Ending.FINISHED),
)


def _lines(events: tuple[Event, ...] = EVENTS) -> list[bytes]:
    prev, lines = GENESIS, []
    for seq, event in enumerate(events):
        line, prev = line_of(seq, prev, event, NOW)
        lines.append(line.encode())
    return lines


def _raw(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _sealed(**changed: Any) -> bytes:
    """A line with a fresh, right seal over changed content: what a forger without the next hash would write."""
    body = {
        "event": encode(EVENTS[0]),
        "format": 2,
        "prev": GENESIS,
        "seq": 0,
        "time": NOW.isoformat(),
        **changed,
    }
    return canonical({**body, "hash": text_digest(canonical(body))}).encode()


def test_a_sound_ledger_gives_its_events() -> None:
    found = examine(_raw(_lines()))
    assert found.problems == () and found.torn == b""
    assert tuple(entry.event for entry in found.entries) == EVENTS
    assert [entry.seq for entry in found.entries] == [0, 1, 2, 3, 4]
    assert found.head == found.entries[-1].hash


def test_the_seal_agrees_with_its_definition() -> None:
    data = json.loads(_lines()[1])
    seal = data.pop("hash")
    assert seal == text_digest(json.dumps(data, sort_keys=True, separators=(",", ":")))
    assert data["prev"] == json.loads(_lines()[0])["hash"]


def test_an_empty_ledger_has_the_head_of_all_ledgers() -> None:
    assert examine(b"").head == GENESIS and examine(b"").problems == ()


def test_the_time_is_told_in_utc() -> None:
    line, _ = line_of(0, GENESIS, EVENTS[0], NOW.astimezone(timezone(timedelta(hours=5))))
    assert parse(line.encode()).time == "2026-11-23T02:30:00.000+00:00"


@settings(deadline=None)
@given(st.integers(0, len(_raw(_lines())) - 1), st.integers(1, 255))
@example(len(_raw(_lines())) - 1, 1)
@example(len(_lines()[0]), 0x0A ^ 0x20)
def test_any_byte_changed_anywhere_is_found(place: int, change: int) -> None:
    raw = bytearray(_raw(_lines()))
    raw[place] ^= change
    found = examine(bytes(raw))
    assert found.problems or found.torn
    number = bytes(_raw(_lines())[:place]).count(b"\n") + 1
    if found.problems:
        assert found.problems[0].startswith((f"line {number} ", f"line {number + 1} "))


@settings(deadline=None)
@given(st.integers(0, len(_raw(_lines()))), st.binary(min_size=1, max_size=3))
def test_any_byte_put_in_is_found(place: int, added: bytes) -> None:
    raw = _raw(_lines())
    found = examine(raw[:place] + added + raw[place:])
    assert found.problems or found.torn


@pytest.mark.parametrize("lost", range(4))
def test_a_missing_line_is_found(lost: int) -> None:
    lines = _lines()
    del lines[lost]
    assert examine(_raw(lines)).problems == (
        f"line {lost + 1} is entry {lost + 1} where {lost} was due: 1 missing before it",
    )


def test_exchanged_lines_are_found() -> None:
    lines = _lines()
    lines[1], lines[2] = lines[2], lines[1]
    problems = examine(_raw(lines)).problems
    assert problems[0] == "line 2 is entry 2 where 1 was due: 1 missing before it"
    assert problems[1] == "line 3 is entry 1 where 3 was due: lines were reordered or repeated"


def test_a_repeated_line_is_found() -> None:
    lines = _lines()
    assert "reordered or repeated" in examine(_raw([*lines, lines[-1]])).problems[0]


def test_a_line_of_another_ledger_is_found() -> None:
    lines = _lines()
    lines[2] = _lines((*EVENTS[:1], missed(11, "other"), *EVENTS[2:]))[2]
    assert examine(_raw(lines)).problems[0] == (
        "line 3 does not follow from the line before it: one of them is from another ledger"
    )


def test_a_forged_line_with_a_right_seal_breaks_the_chain() -> None:
    lines = _lines()
    lines[0] = _sealed(event=encode(RunStarted(1, "forged")))
    assert examine(_raw(lines)).problems[0].startswith("line 2 does not follow")


def test_several_problems_are_all_told() -> None:
    lines = _lines()
    lines[0] = b"{}"
    lines[3] = lines[3].replace(b"again", b"never")
    assert [problem.split()[1] for problem in examine(_raw(lines)).problems] == ["1", "4"]


def test_a_torn_tail_is_told_apart() -> None:
    raw = _raw(_lines())
    found = examine(raw[:-7])
    assert found.problems == () and len(found.entries) == 4
    assert found.torn == _lines()[4][:-6]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "is not JSON as forewarn writes it"),
        (b"\x00\x00", "is not JSON as forewarn writes it"),
        (b"\xff", "is not JSON as forewarn writes it"),
        (b"[" * 100_000, "is not JSON as forewarn writes it"),
        (b"[]", "is no entry of a ledger"),
        (b"{}", "is no entry of a ledger"),
        (b'{"format":NaN}', "is not JSON as forewarn writes it"),
        (b'{"format":1e999}', "is of format inf"),
        (_sealed(format=1), "is of format 1; this forewarn reads format 2"),
        (_sealed(format=True), "is of format True"),
        (_sealed(mood="good"), "has the fields event, format, hash, mood"),
        (_sealed(seq=-1), "has no valid seq or prev"),
        (_sealed(seq=True), "has no valid seq or prev"),
        (_sealed(prev="x"), "has no valid seq or prev"),
        (_sealed(time="soon"), "has no valid time: 'soon'"),
        (_sealed(time="2026-11-23T02:30:00"), "has a time without its zone"),
        (
            _sealed(event={"type": "Wish"}),
            "holds an event that cannot be read: record: found the unknown type",
        ),
        (_sealed() + b" ", "does not match its hash"),
        (_sealed().replace(b":", b": ", 1), "does not match its hash"),
        (_sealed().replace(b"mmm", b"\\u006dmm", 1), "does not match its hash"),
    ],
)
def test_what_is_no_entry_is_told(line: bytes, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        parse(line)


def test_a_sound_line_is_an_entry() -> None:
    assert isinstance(parse(_sealed()), Entry)


def test_an_event_that_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(StoreError, match=r"record.step: found bool True, wanted int"):
        line_of(0, GENESIS, RunStarted(True, "m"), NOW)
