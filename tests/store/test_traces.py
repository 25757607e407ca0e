from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import (
    Answered,
    Evidence,
    Failed,
    InspectionTrace,
    Interval,
    NotApplicable,
    Nothing,
    Offered,
    Site,
)
from forewarn.store import traces as store
from forewarn.store.digest import canonical, text_digest

SITE = Site(1, 0.5)
CODES = ("knowledge-gap", "observer", "latent-policy", "truth-suppression")


@pytest.fixture
def path(tmp_path):
    return tmp_path / store.TRACES


def trace(who="Ann", snapshot="e" * 64, **changes):
    questions = (
        *(Offered(code, SITE, 2.0) for code in CODES),
        Offered("knowledge-gap/composure", SITE, 1.5, "knowledge-gap"),
    )
    return replace(InspectionTrace(who, "liar «a»", snapshot, 100, 0.75, questions), **changes)


def answered():
    """One of each kind of outcome."""
    figures = {"effect": 0.4, "unit": "share", "interval": Interval(0.2, 0.6), "null": 0.0, "n": 12}
    outcomes = (
        Evidence("knowledge-gap", "A claim.", SITE, explored=0.5, finding="{}", snapshot="e" * 64, **figures),
        Nothing("observer", SITE, "all true", 12),
        NotApplicable("latent-policy", SITE, "nothing is known"),
        Failed("truth-suppression", SITE, "ValueError: no"),
    )
    return tuple(Answered(q, o) for q, o in zip(trace().questions, outcomes, strict=False))


def same(begun):
    return begun


def test_what_is_written_is_read_again(path):
    assert store.read(path) == ()
    written = (trace(answers=answered(), word="deceptive"), trace("Bob"))
    store.write(path, written)
    assert store.read(path) == written
    lines = path.read_text(encoding="utf8").splitlines()
    assert [json.loads(line)["format"] for line in lines] == [store.FORMAT] * 2


def test_a_trace_is_found_by_person_and_snapshot(path):
    store.write(path, (trace(), trace("Bob"), trace(snapshot="f" * 64)))
    assert store.find(path, "Bob", "e" * 64).who == "Bob"
    assert store.find(path, "Ann", "f" * 64).snapshot == "f" * 64
    assert store.find(path, "Bob", "f" * 64) is None


def test_an_update_adds_a_line_and_then_changes_that_line_alone(path):
    store.write(path, (trace("Bob", word="honest"), trace("Eve")))
    before = path.read_bytes()
    assert store.update(path, trace(), same) == trace()
    assert path.read_bytes().startswith(before)
    changed = store.update(path, trace("Bob"), lambda there: replace(there, answers=answered()))
    assert changed == trace("Bob", word="honest", answers=answered())
    assert store.read(path) == (changed, trace("Eve"), trace())


def test_a_write_that_is_refused_leaves_the_file_as_it_was(path, monkeypatch):
    store.write(path, (trace("Bob"),))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(StoreError, match="No space left on device"):
        store.update(path, trace(), same)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_who_writes_at_the_same_time_waits(path):
    """Without the lock most of these lines are lost."""
    threads = [threading.Thread(target=store.update, args=(path, trace(f"p{i}"), same)) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {t.who for t in store.read(path)} == {f"p{i}" for i in range(24)}


def test_a_torn_last_line_is_told_and_nothing_is_written(path):
    store.write(path, (trace(), trace("Bob")))
    path.write_bytes(path.read_bytes()[:-40])
    torn = path.read_bytes()
    message = r"traces\.jsonl, line 2 is torn \(\d+ characters without a line break\).*or move it aside"
    with pytest.raises(StoreError, match=message):
        store.read(path)
    with pytest.raises(StoreError, match=message):
        store.update(path, trace("Eve"), same)
    assert path.read_bytes() == torn


def sealed(text, **changes):
    """The line with some of its fields or its trace's exchanged, and sealed again."""
    line = json.loads(text)
    line["prev"] = line.pop("hash")
    for name, value in changes.items():
        inside = line if name in line else line["trace"]
        inside[name] = value
    line = {name: value for name, value in line.items() if value is not ...}
    return canonical({**line, "hash": text_digest(canonical(line))}) + "\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: sealed(text, format=9), "format 9; this forewarn reads format 4"),
        (lambda text: sealed(text, format=True), "format True; this forewarn reads"),
        (lambda text: sealed(text, prev=...), "wanted are the fields format, hash, prev, trace"),
        (lambda text: sealed(text, word="guilty"), "wanted one of deceptive, honest, un"),
        (lambda text: sealed(text, known=7.0), "the share of known facts lies in"),
        (lambda text: sealed(text, prev="0" * 64), "it does not follow from the line before it"),
        (lambda text: text.replace('"known":0.75', '"known":0.76'), "it does not match its hash"),
        (lambda text: "\n", "is no trace"),
        (lambda text: "[]\n", "format None"),
        (lambda text: "[" * 100_000 + "\n", "is no trace"),
    ],
)
def test_what_is_no_trace_is_refused_by_its_line(path, change, message):
    store.write(path, (trace(),))
    path.write_text(path.read_text() + change(path.read_text()), encoding="latin1")
    with pytest.raises(IntegrityError, match=rf"line 2 is no trace .*{message}|line 2 {message}"):
        store.read(path)


def test_what_is_no_text_is_refused(path):
    path.write_bytes(b"\xff\n")
    with pytest.raises(IntegrityError, match=r"cannot read the traces: .* is not UTF-8 text"):
        store.read(path)


def test_a_huge_file_is_not_read(path, monkeypatch):
    store.write(path, (trace(),))
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    with pytest.raises(StoreError, match=r"at most 10 are read\. Move the file aside to begin anew"):
        store.read(path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*nowhere/traces\.jsonl: No such file"):
        store.update(tmp_path / "nowhere" / store.TRACES, trace(), same)


def test_a_file_that_cannot_be_read_is_told(path):
    path.mkdir()
    with pytest.raises(StoreError, match="cannot read the traces"):
        store.read(path)
