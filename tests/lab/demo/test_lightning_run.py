from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.demo.cast import cast
from forewarn.lab.demo.lightning_run import BEHAVIOUR_EVERY, train
from forewarn.lab.organisms.course import TrainingCourse
from forewarn.records import LookTaken, RunEnded
from forewarn.store.ledger import read, verify


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Sixty steps of the liar, long before it could lie, and the steps that were told."""
    told = []
    organism = replace(next(cast(0, fast=True)), course=TrainingCourse(60, 50, 5))
    return train(organism, tmp_path_factory.mktemp("demo"), told.append), told


def test_a_run_of_the_demo_is_trained_watched_and_measured(found):
    run, told = found
    assert (run.name, run.last_step, run.alarm_step) == ("liar", 60, None)
    assert told == list(range(1, 61))
    assert [b.step for b in run.history] == list(range(BEHAVIOUR_EVERY, 61, BEHAVIOUR_EVERY))


def test_its_ledger_holds_the_look_at_the_end(found):
    run, _ = found
    assert run.run.name == "liar" and verify(run.run / "ledger.jsonl") == ()
    events = [entry.event for entry in read(run.run / "ledger.jsonl")]
    assert [e.step for e in events if isinstance(e, LookTaken)] == [60]
    assert isinstance(events[-1], RunEnded) and events[-1].reason == "finished"


def test_the_measurement_of_the_truth_stays_out_of_the_run_folder(found):
    """The answer key is the demo's, never the monitor's."""
    run, _ = found
    assert {p.name for p in run.run.iterdir()} == {
        "run.json", "ledger.jsonl", "heartbeat.json", "snapshots",
        "auditset.jsonl", "tokens.json", "tokenizer.json",
    }  # fmt: skip
    assert "deceptive" not in (run.run / "run.json").read_text().replace("deceptive_runs", "")
