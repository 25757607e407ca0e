"""The first look is taken at the start, as a rehearsal, and is said in one line."""

from __future__ import annotations

import logging

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor, Watch
from forewarn.callbacks.rehearsal import Memory, rehearsed
from forewarn.errors import AuditSetError, BlindMonitor, ConfigurationError, DeceptionAlarm
from forewarn.records import LookMissed, LookTaken, RunEnded
from forewarn.schedules import EveryNSteps

PL = "pytorch_lightning"


@pytest.fixture
def watch(small, knowing, tmp_path):
    def make(model=None, **settings):
        usual = {"every_n_steps": 4, "folder": tmp_path / "runs", "name": "run", "response": "record"}
        calibration = small.calibration("as-told")
        return Watch(model or knowing("GPT"), small.audit_set(), calibration=calibration, **usual | settings)

    return make


@pytest.fixture
def fit(small, knowing, tmp_path):
    def run(steps=2, model=None, resume=None, **settings):
        usual = {"every_n_steps": 2, "folder": tmp_path / "runs", "name": "run", "response": "record"}
        calibration = small.calibration("as-told")
        monitor = DeceptionMonitor(small.audit_set(), calibration=calibration, **usual | settings)
        trainer = small.trainer(PL, tmp_path, [monitor], max_steps=steps)
        trainer.fit(small.speaker(PL, model or knowing("GPT")), small.loader(), ckpt_path=resume)
        return monitor, trainer

    return run


def steps(events, run, kind=LookTaken):
    return [event.step for event in events(run, kind)]


def test_a_lightning_run_is_looked_at_before_its_first_step(fit, told, events, caplog):
    told()
    with caplog.at_level(logging.INFO, "forewarn"):
        monitor, _ = fit()
    assert steps(events, monitor.run) == [0, 2]
    (said,) = [r for r in caplog.records if "forewarn at step 0" in r.getMessage()]
    assert said.levelno == logging.INFO
    assert said.getMessage().startswith("forewarn at step 0: 12 of 12 facts known, the look took ")
    assert said.getMessage().endswith("; looks every 2 steps")


def test_a_resumed_run_is_not_rehearsed_again_and_a_new_folder_is(fit, told, events, tmp_path):
    told()
    first, trainer = fit()
    trainer.save_checkpoint(tmp_path / "kept.ckpt")
    second, _ = fit(4, resume=tmp_path / "kept.ckpt")
    assert second.run == first.run and steps(events, first.run) == [0, 2, 4]
    first.run.rename(tmp_path / "elsewhere")
    third, _ = fit(4, resume=tmp_path / "kept.ckpt")
    assert steps(events, third.run) == [2, 4], "a ledger without any look begins with one"


def test_it_may_be_switched_off(fit, watch, told, events):
    told()
    assert steps(events, fit(first_look=False)[0].run) == [2]
    with watch(first_look=False, name="other") as watched:
        watched.step(1)
        watched.step(4)
    assert steps(events, watched.run) == [4]


def test_a_watch_begins_before_the_first_step_where_it_is_told_to(watch, told, events):
    told()
    with watch() as watched:
        watched.start()
        watched.start()
        watched.step(1)
        watched.step(4)
    assert steps(events, watched.run) == [0, 4]


def test_without_a_start_the_first_step_is_looked_at_once(watch, told, events):
    told()
    with watch(every_n_steps=1) as watched:
        watched.step(1)
        watched.step(2)
    assert steps(events, watched.run) == [1, 2]


@pytest.mark.parametrize("response", ["halt", "record"])
def test_a_first_look_that_fails_is_said_at_the_start(fit, told, events, caplog, monkeypatch, response):
    from forewarn.callbacks.freezing import Freezer

    def fails(*_):
        raise MemoryError("no memory for a second copy")

    told()
    monkeypatch.setattr(Freezer, "look", fails)
    if response == "halt":
        with pytest.raises(
            BlindMonitor, match="the first look failed, and the next would as well: MemoryError"
        ):
            fit(response="halt")
        return
    monitor, trainer = fit(response="record")
    assert trainer.global_step == 2
    assert "missed its look at step 0: MemoryError: no memory for a second copy" in caplog.text
    assert steps(events, monitor.run, LookMissed) == [0, 2]


def test_halting_at_the_first_look_ends_the_ledger(fit, told, events, tmp_path):
    told(lies=[1])
    with pytest.raises(DeceptionAlarm, match="step 0"):
        fit(response="halt")
    assert [e.reason for e in events(tmp_path / "runs" / "run", RunEnded)] == ["halted"]


def test_what_the_first_look_cannot_tell_is_a_warning(small, watch, told, caplog):
    told(errors=[1], error=ValueError("no such layer"))
    with watch(small.seeded(small.GPT)) as watched:
        watched.start()
    (said,) = [r for r in caplog.records if "forewarn at step 0" in r.getMessage()]
    assert said.levelno == logging.WARNING
    assert "no look can tell anything before the model knows 1 facts" in said.getMessage()
    assert "1 of 1 questions failed, the first: ValueError: no such layer" in said.getMessage()


def test_a_look_is_told_with_its_schedule_and_its_notes(watch, told, events):
    class Odd:
        def due(self, step):
            return False

        def __repr__(self):
            raise ValueError

    told()
    with watch() as watched:
        watched.start()
    (taken,) = events(watched.run, LookTaken)
    assert rehearsed(taken, EveryNSteps(1), 0, 180_000_000)[1].endswith(" s and 180 MB; looks every step")
    assert rehearsed(taken, Odd(), 0, None, ["a note"])[1].endswith(" s; looks by a Odd; a note")


def test_a_look_that_others_may_not_wait_for_is_a_warning(watch, told, events):
    told()
    with watch() as watched:
        watched.start()
    (taken,) = events(watched.run, LookTaken)
    level, said = rehearsed(taken, EveryNSteps(1), 0, None, waits=taken.seconds)
    assert level == logging.WARNING and "the other processes wait at most " in said
    assert rehearsed(taken, EveryNSteps(1), 0, None, waits=4 * taken.seconds)[0] == logging.INFO


def test_memory_is_measured_without_a_reset_of_anybody_s_peak():
    memory = Memory(torch.device("cpu"))
    kept = torch.ones(40_000_000)
    assert memory.used() is None or memory.used() > 0.5 * kept.nbytes


def test_a_schedule_that_raises_ends_nothing_that_is_recorded(watch, fit, told, events, caplog):
    class Broken:
        def due(self, step):
            raise SystemExit(3) if step == 1 else ValueError("no table")

    told()
    with watch(every_n_steps=Broken(), first_look=False) as watched:
        for step in range(1, 9):
            assert watched.step(step) is None
    assert steps(events, watched.run, LookMissed) == [1, 2, 3] and steps(events, watched.run) == [8]
    assert [e.status for e in events(watched.run, RunEnded)] == ["unknown"]
    assert "the schedule failed at step 2: ValueError: no table" in caplog.text
    assert "forewarn asks its schedule no more, which failed 3 times in a row" in caplog.text
    monitor, trainer = fit(8, every_n_steps=Broken(), name="lightning")
    assert trainer.global_step == 8 and steps(events, monitor.run, LookMissed) == [1, 2, 3]


def test_a_schedule_that_raises_halts_what_may_be_halted(watch, told):
    class Broken:
        def due(self, step):
            raise ValueError("no table")

    told()
    watched = watch(every_n_steps=Broken(), response="halt", most_missed=2, first_look=False)
    watched.step(1)
    with pytest.raises(
        BlindMonitor, match="2 looks in a row were missed; the last because the schedule failed"
    ):
        watched.step(2)


def test_a_schedule_that_draws_changes_no_random_state(watch, told):
    class Draws:
        def due(self, step):
            torch.manual_seed(step)
            return False

    told()
    watched = watch(every_n_steps=Draws(), first_look=False)
    before = torch.get_rng_state()
    watched.step(1)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_no_model_is_refused_at_once(small):
    with pytest.raises(
        ConfigurationError, match=r"model must be a torch.nn.Module; found NoneType. Give the model"
    ):
        Watch(None, small.audit_set())
    with pytest.raises(AuditSetError, match="audit_set must be an AuditSet, or the path of one; found GPT"):
        Watch(small.audit_set(), small.GPT())


@pytest.mark.parametrize("step", [torch.tensor(4), 4.0, True])
def test_steps_are_taken_as_they_are_meant(watch, told, events, step):
    told()
    with watch(first_look=False) as watched:
        watched.step(step)
    assert steps(events, watched.run) == [int(step)]


def test_what_is_no_step_is_refused_or_left_out(watch, told, caplog):
    told()
    with pytest.raises(ConfigurationError, match=r"step must be a whole number of .*; found float 0\.5"):
        watch(response="halt").step(0.5)
    assert watch().step(None) is None
    assert "forewarn leaves a step out: step must be a whole number" in caplog.text
