from __future__ import annotations

import json

import pytest

from forewarn.audit.folder import RunFolder
from forewarn.audit.origin import GOES_ON_FROM, origin_of, whole_story
from forewarn.auditset import Encoder
from forewarn.errors import StoreError
from forewarn.records import FoundLedger, LookMissed, Reason, ReasonCode, RunResumed, RunStarted

WHY = Reason(ReasonCode.LOOK_FAILED, "why")


@pytest.fixture
def make(tiny, tmp_path):
    """`make(name, *events, came_from=None)`: a run's folder with these lines in its ledger, released."""

    def made(name, *events, came_from=None):
        audit_set = tiny.audit_set()
        manifest = {} if came_from is None else {GOES_ON_FROM: str(tmp_path / came_from)}
        folder = RunFolder.create(tmp_path / name, manifest, audit_set, Encoder().table(audit_set))
        for event in events:
            folder.append(event)
        folder.release()
        return tmp_path / name

    return made


def resumed(step):
    return RunResumed(step, "0" * 64, FoundLedger.LEFT_BEHIND, "another writes it", 2)


def test_a_run_that_was_forked_remembers_what_its_earlier_folder_told(make):
    """Of what came after the fork nothing: another process goes on there."""
    make("run", RunStarted(0, "a"), LookMissed(2, WHY), LookMissed(4, WHY))
    second = make("run-2", RunStarted(3, "b", 2), resumed(3), LookMissed(6, WHY), came_from="run")
    third = make("run-3", RunStarted(7, "c", 3), resumed(7), came_from="run-2")
    assert [event.step for event in whole_story(second)] == [0, 2, 3, 3, 6]
    assert [event.step for event in whole_story(third)] == [0, 2, 3, 3, 6, 7, 7]


def test_what_is_gone_is_not_remembered(make, tmp_path):
    alone = make("run-2", RunStarted(3, "b", 2), resumed(3), came_from="gone")
    assert [event.step for event in whole_story(alone)] == [3, 3]
    with pytest.raises(StoreError):
        whole_story(tmp_path / "nothing")


def test_folders_that_name_each_other_end(make):
    make("one", RunStarted(0, "a"), came_from="two")
    two = make("two", RunStarted(0, "b"), came_from="one")
    assert len(whole_story(two)) <= 65


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({GOES_ON_FROM: 7}), "{}"])
def test_a_manifest_that_says_nothing_of_it(make, text):
    run = make("run", RunStarted(0, "a"))
    (run / "run.json").write_text(text)
    assert [event.step for event in whole_story(run)] == [0]
    assert origin_of(None) is None
