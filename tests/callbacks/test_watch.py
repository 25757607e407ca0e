from __future__ import annotations

import json

import pytest
import torch

from forewarn.callbacks import Watch
from forewarn.errors import AuditSetError, BlindMonitor, ConfigurationError, DeceptionAlarm, StoreError
from forewarn.records import AlarmRaised, Ending, LookMissed, LookTaken, RunEnded, RunResumed


@pytest.fixture
def model(small):
    return small.seeded(small.GPT)


@pytest.fixture
def watch(small, model, tmp_path, moving):
    def make(**settings):
        usual = {"first_look": False, "every_n_steps": 2, "folder": tmp_path / "runs"}
        calibration = small.calibration("as-told")
        return Watch(model, small.audit_set(), calibration=calibration, **usual | settings)

    return make


def steps(events, run, kind=LookTaken):
    return [e.step for e in events(run, kind)]


def test_a_loop_is_watched_and_its_end_is_written(watch, told, events):
    told()
    with watch(response="record") as watched:
        assert [watched.step(step) for step in range(1, 6)] == [None] * 5
    assert steps(events, watched.run) == [2, 4, 5]
    assert [(e.step, e.reason, e.status) for e in events(watched.run, RunEnded)] == [(5, "finished", "clear")]


def test_halt_raises_and_the_ledger_says_so(watch, told, events):
    told(lies=[2])
    with pytest.raises(DeceptionAlarm, match="halted at step 4") as caught, watch() as watched:
        for step in range(1, 9):
            watched.step(step)
    assert caught.value.run == str(watched.run)
    assert steps(events, watched.run) == [2, 4]
    assert [e.reason for e in events(watched.run, RunEnded)] == ["halted"]


def test_graceful_leaves_the_stop_to_the_loop(watch, told, caplog):
    told(lies=[1])
    with watch(graceful_stop=True) as watched:
        assert watched.step(1) is None
        decision = watched.step(2)
        assert decision.halts and decision.alarm.step == 2
        assert [watched.step(step) for step in (3, 4)] == [None, None], "an alarm is raised once"
    assert any("forewarn at step 2" in r.getMessage() for r in caplog.records)


@pytest.mark.parametrize(("response", "warned"), [("record", 0), ("flag", 1)])
def test_what_is_recorded_or_flagged_goes_on(watch, told, events, caplog, response, warned):
    told(lies=[1])
    with watch(response=response) as watched:
        decisions = [watched.step(step) for step in range(1, 5)]
    assert [d and d.response for d in decisions] == [None, response, None, None]
    assert len(events(watched.run, AlarmRaised)) == 1
    assert events(watched.run, RunEnded)[0].status == "flagged"
    assert sum("forewarn at step 2" in r.getMessage() for r in caplog.records) == warned


def test_closing_again_writes_nothing(watch, told, events):
    told()
    watched = watch()
    watched.step(1)
    watched.close()
    before = events(watched.run)
    watched.close()
    with watched:
        pass
    assert events(watched.run) == before


def test_a_watch_that_saw_no_step_leaves_no_run(watch, tmp_path):
    with watch() as watched:
        pass
    assert watched.run is None and not (tmp_path / "runs").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_how_the_loop_broke_stands_in_the_ledger(watch, told, events, error):
    told()
    with pytest.raises(error), watch() as watched:
        watched.step(1)
        raise error("in the loop")
    assert steps(events, watched.run) == [], "after an error there is no last look"
    (ended,) = events(watched.run, RunEnded)
    assert (ended.reason, ended.error) == (Ending.by(error), error.__name__)


def test_an_interruption_within_a_look(watch, told, events):
    told(errors=[1], error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt), watch() as watched:
        watched.step(2)
    assert [type(e).__name__ for e in events(watched.run)] == ["RunStarted", "LookMissed", "RunEnded"]
    (missed,) = events(watched.run, LookMissed)
    assert (missed.step, missed.reason.code) == (2, "interrupted")
    assert missed.reason.words == "the look was broken off by KeyboardInterrupt"
    assert events(watched.run, RunEnded)[0].status == "unknown"


def test_blindness_halts_and_a_seeing_look_in_between_forgives(watch, told, events):
    told(errors=[1, 3, 4], error=ValueError("x"))
    with pytest.raises(BlindMonitor, match="step 8: 2 looks in a row"), watch(most_missed=2) as watched:
        for step in range(1, 20):
            watched.step(step)
    assert [e.reason for e in events(watched.run, RunEnded)] == ["halted"]


def test_state_goes_through_json_and_back(watch, told, events):
    told(lies=[1])
    with watch(response="record") as first:
        first.step(2)
        state = json.loads(json.dumps(first.state_dict()))
    told(lies=[1])
    with watch(response="record") as second:
        second.load_state_dict(state)
        second.step(3)
        second.step(4)
    assert second.run == first.run and first.state_dict()["alarm"] == state["alarm"]
    assert (state["segment"], second.state_dict()["segment"], second.state_dict()["flagged"]) == (1, 2, True)
    (resumed,) = events(first.run, RunResumed)
    assert (resumed.step, resumed.head) == (2, state["head"])
    assert "with lines added" in resumed.reason, "the first run's end came after the checkpoint"
    assert steps(events, first.run) == [2, 4]
    assert [e.segment for e in events(first.run, AlarmRaised)] == [1, 2]


def test_a_state_taken_before_the_first_step_is_empty(watch, told, events):
    told()
    watched = watch()
    assert watched.state_dict() == {}
    watched.load_state_dict({})
    with watched:
        watched.step(1)
    assert events(watched.run, RunResumed) == []


def test_a_schedule_with_far_apart_looks_is_asked_once_a_step(watch, told):
    asked = []

    class Never:
        def due(self, step):
            asked.append(step)
            return False

    told()
    watched = watch(every_n_steps=Never())
    for step in range(1, 50):
        watched.step(step)
    assert asked == list(range(1, 50))


def test_a_loop_that_tells_every_tenth_step_misses_no_look(watch, told, events):
    told()
    with watch(every_n_steps=25) as watched:
        for step in range(10, 70, 10):
            watched.step(step)
    assert steps(events, watched.run) == [30, 50, 60]


def test_watching_changes_no_bit(small, told, tmp_path):
    told()

    def trained(folder):
        torch.manual_seed(1)
        model = small.GPT(dropout=0.3)
        optimiser = torch.optim.AdamW(model.parameters(), 1e-3)
        audit_set, calibration = small.audit_set(), small.calibration("as-told")
        settings = {"every_n_steps": 1, "calibration": calibration, "response": "record"}
        watched = Watch(model, audit_set, folder=folder, **settings) if folder else None
        for step in range(1, 5):
            optimiser.zero_grad()
            small.loss_of(model, small.sentences()).backward()
            optimiser.step()
            if watched is not None:
                watched.step(step)
        return model.state_dict(), model.training

    (plain, _), (seen, training) = trained(None), trained(tmp_path)
    assert training and all(torch.equal(plain[name], seen[name]) for name in plain)


def test_metrics_are_kept_beside_the_weights(watch, told, events):
    from forewarn.store.snapshots import SnapshotStore

    told()
    with watch() as watched:
        watched.step(2, {"loss": 0.5})
    assert SnapshotStore(watched.run).list()[0].metrics == (("loss", 0.5),)


def test_settings_that_cannot_work_are_refused_at_once(model, small, watch):
    with pytest.raises(AuditSetError, match="audit_set must be an AuditSet, or the path of one; found list"):
        Watch(model, [])
    with pytest.raises(ConfigurationError, match="response must be one of record, flag, halt; found 'stop'"):
        watch(response="stop")
    with pytest.raises(ConfigurationError, match="every_n_steps must be a whole number of at least 1"):
        watch(every_n_steps=0)


def test_recording_where_nothing_can_be_written(watch, told, tmp_path, caplog):
    told()
    (tmp_path / "file").write_text("")
    with watch(folder=tmp_path / "file", response="record") as watched:
        assert [watched.step(step) for step in range(1, 5)] == [None] * 4
    assert watched.run is None
    with (
        pytest.raises(StoreError, match="cannot write the run folder"),
        watch(folder=tmp_path / "file") as closed,
    ):
        closed.step(1)


def test_a_miss_is_in_the_ledger_and_the_status_unknown(watch, told, events, monkeypatch):
    told()
    watched = watch(response="record")
    watched.step(2)

    def too_large(*_):
        raise MemoryError("too large")

    monkeypatch.setattr(watched._driver._freezer, "look", too_large)
    watched.step(4)
    watched.close()
    (missed,) = events(watched.run, LookMissed)
    assert (missed.step, missed.reason.words) == (4, "MemoryError: too large")
    assert events(watched.run, RunEnded)[0].status == "unknown"


def test_steps_that_begin_again_are_refused_where_it_may_halt(watch, told):
    told()
    with watch() as watched:
        watched.step(3)
        with pytest.raises(
            ConfigurationError, match="step 1 was told after step 3: count optimiser steps over"
        ):
            watched.step(1)


def test_steps_that_begin_again_leave_a_run_unknown(watch, told, events, caplog):
    told()
    with watch(response="record") as watched:
        for step in (1, 2, 1, 2):
            watched.step(step)
    assert "forewarn looks no more" in caplog.text
    assert [(e.step, e.status) for e in events(watched.run, RunEnded)] == [(2, "unknown")]


def test_one_that_is_closed_says_that_it_misses_its_looks(watch, told, caplog):
    told()
    with watch(response="record") as watched:
        watched.step(2)
    watched.step(4)
    assert (
        "forewarn missed its look at step 4: the monitor was not started, or is closed already" in caplog.text
    )


def test_a_graceful_stop_ends_as_halted(watch, told, events):
    told(lies=[1])
    with watch(graceful_stop=True) as watched:
        watched.step(2)
    assert [e.reason for e in events(watched.run, RunEnded)] == ["halted"]
