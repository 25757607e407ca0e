"""An alarm that was raised is carried out, whatever fails; what fails without one is never clear."""

from __future__ import annotations

import pytest

from forewarn.audit import aftermath, run
from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.folder import RunFolder
from forewarn.errors import StoreError
from forewarn.records import (
    AlarmRaised,
    Ending,
    FilesKept,
    LookMissed,
    LookTaken,
    ReasonCode,
    Response,
    ResponseGiven,
    Status,
)
from forewarn.store.ledger import Ledger
from forewarn.store.snapshots import SnapshotStore

pytestmark = pytest.mark.usefixtures("each_look_by_itself")

QUIET = ResponsePolicy(Response.RECORD)
ERRORS = (OSError("stale handle"), MemoryError("no room"), RuntimeError("no"), RecursionError("too deep"))
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)


def raising(error):
    def broken(*_, **__):
        raise error

    return broken


@each_error
@pytest.mark.parametrize("where", ["drop_old", "keep_pictures", "explain"])
def test_what_fails_after_an_alarm_leaves_the_decision(audited, events, monkeypatch, where, error):
    monkeypatch.setattr(aftermath, where, raising(error))
    audit = audited(lies=[1])
    decision = audit.look(10)
    assert decision.halts and decision.alarm.step == 10
    audit.audit.settle()
    explained = [] if where == "explain" else [FilesKept]
    assert [type(e) for e in events(audit.folder)] == [LookTaken, AlarmRaised, ResponseGiven, *explained]


@each_error
def test_a_listing_that_fails_is_no_missed_look(audited, events, monkeypatch, error, caplog):
    monkeypatch.setattr(SnapshotStore, "kept", raising(error))
    audit = audited(QUIET)
    assert audit.look(10) is None
    assert [e.status for e in events(audit.folder)] == [Status.CLEAR]
    assert "could not remove old snapshots of" in caplog.text


@each_error
@pytest.mark.parametrize("kind", [LookTaken, AlarmRaised, ResponseGiven, object])
def test_an_alarm_that_cannot_be_written_is_carried_out_and_written_later(
    audited, events, monkeypatch, kind, error
):
    append = RunFolder.append

    def refuse(self, event):
        if isinstance(event, kind):
            raise error
        return append(self, event)

    audit = audited(lies=[1])
    with monkeypatch.context() as disk:
        disk.setattr(RunFolder, "append", refuse)
        assert audit.look(10).halts
        assert audit.audit.status is Status.FLAGGED
    audit.audit.end(10, Ending.HALTED)
    found = events(audit.folder)
    assert {type(e) for e in found[:3]} == {LookTaken, AlarmRaised, ResponseGiven}
    assert found[-1].status is Status.FLAGGED


def test_what_could_not_be_written_comes_before_what_followed_it(audited, events, monkeypatch):
    audit = audited(QUIET)
    with monkeypatch.context() as disk:
        disk.setattr(Ledger, "append", raising(StoreError("the disk is full")))
        with pytest.raises(StoreError):
            audit.look(1)
        audit.audit.miss(1, run.why_missed(StoreError("the disk is full")))
        assert audit.audit.status is Status.UNKNOWN
    audit.look(2)
    assert [(type(e), e.step) for e in events(audit.folder)] == [(LookMissed, 1), (LookTaken, 2)]
    assert audit.audit.status is Status.UNKNOWN, "a missed look is not forgotten"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_an_interruption_counts_as_a_miss_once_and_is_raised_on(audited, events, error):
    audit = audited(QUIET, errors=[1], error=error)
    with pytest.raises(type(error)):
        audit.look(10)
    audit.audit.miss(10, run.why_missed(error))
    (missed,) = events(audit.folder)
    assert missed.reason.code is ReasonCode.INTERRUPTED
    assert missed.reason.words == f"the look was broken off by {type(error).__name__}"
    audit.look(20)
    assert audit.audit.status is Status.UNKNOWN


def test_an_alarm_goes_before_an_interruption(audited, monkeypatch):
    """Ctrl-C while the alarm is written: the run halts for the alarm."""
    audit = audited(lies=[1])
    monkeypatch.setattr(audit.audit._scribe, "owe", raising(KeyboardInterrupt()))
    assert audit.look(10).alarm.step == 10


def test_a_handler_of_the_user_that_raises_keeps_no_alarm_back(audited, monkeypatch, caplog):
    monkeypatch.setattr("forewarn.audit.scribe.log.warning", raising(ValueError("no console")))
    monkeypatch.setattr(RunFolder, "append", raising(StoreError("the disk is full")))
    assert audited(lies=[1]).look(10).halts


def test_a_look_that_takes_too_long_is_missed_and_says_what_to_do(audited, events, monkeypatch):
    audit = audited(QUIET)
    object.__setattr__(audit.audit._equipment, "look_limit", 1e-9)
    assert audit.look(10) is None
    (missed,) = events(audit.folder)
    assert (missed.step, missed.reason.code) == (10, ReasonCode.LATE)
    assert missed.reason.words == (
        "the look was given up: it took longer than 1e-09 seconds. Give it longer with look_limit=..., or let it "
        "ask less with budget=... or fewer facts"
    )


def test_an_explanation_has_as_long_as_a_look(audited, monkeypatch, caplog):
    audit = audited(lies=[1])
    assert audit.look(10).halts
    audit.audit._after._limit = 1e-9
    audit.audit.settle()
    assert "could not explain an alarm to its end: TimeIsUp" in caplog.text
