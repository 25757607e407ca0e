"""Retention after a look, and after a process that was killed in the middle of it."""

from __future__ import annotations

import pytest

from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.discarding import drop_old
from forewarn.audit.tally import Tally
from forewarn.errors import StoreError
from forewarn.records import LookTaken, Response, SnapshotDropped

pytestmark = pytest.mark.usefixtures("each_look_by_itself")

QUIET = ResponsePolicy(Response.RECORD, most_missed=99)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def looked(audited):
    """A run of five looks at which nothing was removed, and its tally."""
    run = audited(QUIET, keep_newest=9)
    for step in range(1, 6):
        run.look(step)
    return run


def _tally(run):
    """That of a process which is started again."""
    tally = Tally()
    for event in run.folder.events():
        tally.note(event)
    return tally


def _drop(run, tally, newest=1):
    def write(event):
        run.folder.append(event)
        tally.note(event)

    drop_old(run.folder, tally, newest, write)


def test_the_ledger_is_told_before_anything_is_removed(looked, monkeypatch):
    there = {each.digest for each in looked.folder.snapshots.kept()}
    told = []

    def append(event):
        assert looked.folder.snapshots.holds(event.snapshot)
        told.append(event.snapshot)

    monkeypatch.setattr(looked.folder, "append", append)
    _drop(looked, _tally(looked))
    assert there - {each.digest for each in looked.folder.snapshots.kept()} == set(told) != set()


@pytest.mark.parametrize("at", ["drop_pictures", "forget", "drop"])
def test_what_a_kill_cut_short_is_ended_by_the_next_process(looked, monkeypatch, events, at):
    def killed(*_):
        raise Killed

    owner = {"forget": looked.folder.lenses, "drop": looked.folder.snapshots}.get(at)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        if owner is None:
            patch.setattr(f"forewarn.audit.discarding.{at}", killed)
        else:
            patch.setattr(owner, at, killed)
        _drop(looked, _tally(looked))
    (cut,) = events(looked.folder, SnapshotDropped)
    assert looked.folder.snapshots.holds(cut.snapshot)
    _drop(looked, _tally(looked))
    assert not looked.folder.snapshots.holds(cut.snapshot)
    dropped = [event.snapshot for event in events(looked.folder, SnapshotDropped)]
    assert len(dropped) == len(set(dropped)), "it is told once"
    looks = {event.snapshot for event in events(looked.folder, LookTaken)}
    assert looks - set(dropped) == {each.digest for each in looked.folder.snapshots.list()}


def test_what_the_ledger_cannot_be_told_stays(looked, monkeypatch):
    before = looked.folder.snapshots.list()

    def full(_):
        raise StoreError("no room")

    monkeypatch.setattr(looked.folder, "append", full)
    with pytest.raises(StoreError, match="no room"):
        _drop(looked, _tally(looked))
    assert looked.folder.snapshots.list() == before


def test_a_snapshot_that_was_removed_and_looked_at_again_is_kept(looked):
    tally = _tally(looked)
    _drop(looked, tally)
    gone = next(iter(tally.dropped))
    tally.note(next(e for e in looked.folder.events() if isinstance(e, LookTaken) and e.snapshot == gone))
    assert gone not in tally.dropped


def test_the_disk_is_bounded_where_every_look_is_flagged(audited, events):
    run = audited(QUIET, keep_newest=1, lies=range(1, 20))
    for step in range(1, 9):
        run.look(step)
    _drop_flagged(run, most=3)
    steps = [each.step for each in run.folder.snapshots.list()]
    assert steps == [1, 2, 7, 8], "the first two and the last, each with the one before it"
    assert len(events(run.folder, LookTaken)) == 8, "what was found stays in the ledger"


def _drop_flagged(run, most):
    tally = _tally(run)
    drop_old(run.folder, tally, 1, run.folder.append, most)
