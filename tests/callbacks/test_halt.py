"""What a monitor in `halt` mode does, in order, and how a run goes on afterwards."""

from __future__ import annotations

import logging
import pickle

import pytest
import torch

from forewarn.audit.acknowledging import acknowledge
from forewarn.callbacks import DeceptionMonitor
from forewarn.errors import DeceptionAlarm, HaltStandsError
from forewarn.helpers import Random
from forewarn.records import (
    AlarmRaised,
    Evidence,
    FoundLedger,
    LookTaken,
    ResponseGiven,
    RunEnded,
    RunResumed,
    RunStarted,
)
from forewarn.store.snapshots import SnapshotStore

PL = "pytorch_lightning"


@pytest.fixture
def monitor(small, tmp_path):
    def make(**settings):
        usual = {"first_look": False, "every_n_steps": 2, "folder": tmp_path / "runs", "name": "run"}
        return DeceptionMonitor(
            small.audit_set(), **usual | settings, calibration=small.calibration("as-told")
        )

    return make


@pytest.fixture
def fit(small, tmp_path):
    """Trains an untaught decoder; gives the trainer back."""

    def run(callbacks, *, home=PL, resume=None, module=None, data=None, **settings):
        trainer = small.trainer(home, tmp_path, callbacks, **settings)
        module = module or small.speaker(home, small.seeded(small.GPT))
        trainer.fit(module, data or small.loader(), ckpt_path=resume)
        return trainer

    return run


def kinds(found):
    return [type(event).__name__ for event in found]


def test_the_alarm_is_raised_after_all_that_led_to_it_is_on_disk(monitor, fit, told, events):
    told(lies=[2])
    watch = monitor()
    with pytest.raises(DeceptionAlarm, match=r"training halted at step 4: .*It was told to say so") as caught:
        fit([watch])
    assert (caught.value.step, caught.value.run) == (4, str(watch.run))
    found = events(watch.run)
    assert kinds(found) == [
        "RunStarted", "LookTaken", "LookTaken", "AlarmRaised", "ResponseGiven", "RunEnded",
    ]  # fmt: skip
    look, alarm, response, ended = found[2:]
    assert any(isinstance(outcome, Evidence) for outcome in look.outcomes)
    assert SnapshotStore(watch.run).load(alarm.alarm.snapshot)
    assert (response.response, ended.reason, ended.status) == ("halt", "halted", "flagged")


def test_what_is_on_disk_when_the_alarm_leaves_the_hook(monitor, fit, told, events, monkeypatch):
    """Nothing that comes after the exception writes what it is about."""
    told(lies=[1])
    watch = monitor()
    monkeypatch.setattr(watch, "on_exception", lambda *_: None)
    with pytest.raises(DeceptionAlarm):
        fit([watch])
    found = events(watch.run)
    assert kinds(found)[1:] == ["LookTaken", "AlarmRaised", "ResponseGiven"]
    assert (watch.run / "snapshots" / found[1].snapshot / "weights.safetensors").is_file()


def test_recording_goes_on_in_silence_and_flagging_warns(monitor, fit, told, events, caplog):
    for response, warned in (("record", 0), ("flag", 1)):
        told(lies=[2])
        caplog.clear()
        watch = monitor(response=response)
        assert fit([watch]).global_step == 6
        assert [e.response for e in events(watch.run, ResponseGiven)] == [response]
        assert [e.reason for e in events(watch.run, RunEnded)] == ["finished"]
        assert sum("forewarn at step 4" in r.getMessage() for r in caplog.records) == warned


@pytest.mark.parametrize("before", [True, False])
def test_graceful_stops_beside_another_stopping_callback(monitor, fit, told, events, before):
    from pytorch_lightning.callbacks import EarlyStopping

    told(lies=[2])
    watch, waits = monitor(graceful_stop=True), EarlyStopping("loss", patience=99)
    trainer = fit([watch, waits] if before else [waits, watch], max_steps=20)
    assert (trainer.should_stop, trainer.global_step) == (True, 4)
    assert events(watch.run, RunEnded)[0].reason == "halted"


def test_graceful_never_unsets_a_stop_of_others(monitor, fit, told):
    import pytorch_lightning as pl

    class Stops(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            trainer.should_stop = True

    told()
    trainer = fit([Stops(), monitor(graceful_stop=True, every_n_steps=1)])
    assert (trainer.should_stop, trainer.global_step) == (True, 1)


@pytest.mark.parametrize(
    ("least", "swallowed"), [({"min_steps": 6}, True), ({"min_epochs": 2}, True), ({}, False)]
)
def test_graceful_warns_where_lightning_trains_on(monitor, fit, told, caplog, least, swallowed):
    told(lies=[1])
    with caplog.at_level(logging.WARNING, "forewarn"):
        trainer = fit([monitor(graceful_stop=True)], max_steps=8, **least)
    assert any("trains on until min_epochs" in r.getMessage() for r in caplog.records) is swallowed
    assert (trainer.global_step > 2) is swallowed


def test_resuming_restores_alarm_misses_and_ledger(monitor, fit, told, events, tmp_path):
    told(lies=[1], errors=[2, 3], error=ValueError("as told"))
    first, kept = monitor(response="record"), tmp_path / "kept.ckpt"
    fit([first], max_steps=6).save_checkpoint(kept)
    state = torch.load(kept, weights_only=True)["callbacks"][first.state_key]
    assert (state["alarm"]["alarm_step"], state["alarm"]["looks"], state["missed"]) == (2, 3, 2)
    told(lies=[1])
    second = monitor(response="record")
    fit([second], max_steps=8, resume=kept)
    assert second.run == first.run
    found = events(first.run)
    assert kinds(found)[-6:] == [
        "RunEnded", "RunResumed", "LookTaken", "AlarmRaised", "ResponseGiven", "RunEnded",
    ]  # fmt: skip
    assert len(events(first.run, AlarmRaised)) == 2, "a segment alarms at most once"
    resumed = next(e for e in found if isinstance(e, RunResumed))
    assert (resumed.head, resumed.found, resumed.segment) == (state["head"], FoundLedger.AS_LEFT, 2)
    assert found[-1].status == "flagged"


def test_a_checkpoint_in_the_middle_knows_that_lines_were_added(monitor, fit, told, events, tmp_path):
    import pytorch_lightning as pl

    class Keeps(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            if trainer.global_step == 2:
                trainer.save_checkpoint(tmp_path / "kept.ckpt")

    told()
    first, second = monitor(), monitor()
    fit([first, Keeps()])
    fit([second], resume=tmp_path / "kept.ckpt")
    (resumed,) = events(first.run, RunResumed)
    assert (resumed.step, resumed.found) == (2, FoundLedger.LONGER)
    assert resumed.reason == "the earlier ledger was found with lines added since the checkpoint"
    assert [e.step for e in events(second.run, LookTaken)] == [2, 4, 6, 4, 6]


def test_a_missing_earlier_ledger_is_told(monitor, fit, told, events, tmp_path):
    told()
    first, kept = monitor(), tmp_path / "kept.ckpt"
    fit([first], max_steps=2).save_checkpoint(kept)
    first.run.rename(tmp_path / "elsewhere")
    second = monitor(folder=tmp_path / "new")
    fit([second], max_steps=4, resume=kept)
    assert second.run == tmp_path / "new" / "run"
    found = events(second.run)
    assert kinds(found) == ["RunStarted", "RunResumed", "LookTaken", "RunEnded"]
    assert (found[1].found, found[1].reason) == (FoundLedger.MISSING, "the earlier ledger was not found")
    assert [found[0].segment, found[1].segment] == [2, 2]


def test_an_earlier_ledger_that_lost_its_end_is_told(monitor, fit, told, events, tmp_path):
    told()
    first, kept = monitor(), tmp_path / "kept.ckpt"
    fit([first], max_steps=4).save_checkpoint(kept)
    ledger = first.run / "ledger.jsonl"
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[:2]))
    second = monitor()
    fit([second], max_steps=6, resume=kept)
    (resumed,) = events(first.run, RunResumed)
    assert resumed.found is FoundLedger.CUT and "lines were lost" in resumed.reason


@pytest.mark.parametrize("response", ["halt", "record"])
def test_a_damaged_earlier_ledger(monitor, fit, told, events, tmp_path, response):
    from forewarn.errors import IntegrityError

    told()
    first, kept = monitor(response=response), tmp_path / "kept.ckpt"
    fit([first], max_steps=2).save_checkpoint(kept)
    ledger = first.run / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"step":2', '"step":3', 1))
    second = monitor(folder=tmp_path / "new", response=response)
    if response == "halt":
        with pytest.raises(IntegrityError, match=r"ledger\.jsonl"):
            fit([second], max_steps=4, resume=kept)
        return
    fit([second], max_steps=4, resume=kept)
    (resumed,) = events(second.run, RunResumed)
    assert second.run == tmp_path / "new" / "run" and resumed.found is FoundLedger.DAMAGED


def test_only_training_in_earnest_is_watched(monitor, fit, told, small, tmp_path):
    probe = told(lies=range(100))
    module = small.speaker(PL, small.seeded(small.GPT), validates=True)
    fit([monitor(every_n_steps=1)], fast_dev_run=True)
    trainer = small.trainer(PL, tmp_path, [monitor(every_n_steps=1)])
    trainer.validate(module, small.loader(shuffle=False), verbose=False)
    assert probe.asked == 0 and not (tmp_path / "runs").exists()


def test_a_sanity_check_is_no_training(monitor, told, small, tmp_path):
    probe = told()
    module = small.speaker(PL, small.seeded(small.GPT), validates=True)
    trainer = small.trainer(PL, tmp_path, [monitor(every_n_steps=1)], num_sanity_val_steps=2, max_steps=1)
    trainer.fit(module, small.loader(), small.loader(shuffle=False))
    assert probe.asked == 1


def test_the_last_step_is_looked_at_once(monitor, fit, told, events):
    told()
    odd, even = monitor(), monitor()
    fit([odd], max_steps=5)
    fit([even], max_steps=4)
    assert [e.step for e in events(odd.run, LookTaken)] == [2, 4, 5]
    assert [e.step for e in events(even.run, LookTaken)] == [2, 4]


def test_an_alarm_at_the_last_look_halts_too(monitor, fit, told, events):
    told(lies=[3])
    watch = monitor()
    with pytest.raises(DeceptionAlarm, match="step 5"):
        fit([watch], max_steps=5)
    assert events(watch.run, RunEnded)[0].reason == "halted"


def test_two_monitors_in_one_trainer(monitor, fit, told, events, tmp_path):
    told()
    one, two = monitor(name="one"), monitor(name="two", every_n_steps=3)
    assert one.state_key != two.state_key
    trainer = fit([one, two])
    trainer.save_checkpoint(tmp_path / "both.ckpt")
    states = torch.load(tmp_path / "both.ckpt", weights_only=True)["callbacks"]
    assert [states[m.state_key]["folder"] for m in (one, two)] == [str(one.run), str(two.run)]
    assert [e.step for e in events(two.run, LookTaken)] == [3, 6]


def test_monitors_that_differ_in_nothing_are_refused_and_a_name_is_enough(monitor, fit, told):
    told()
    with pytest.raises(RuntimeError, match="more than one stateful callback of type `DeceptionMonitor`"):
        fit([monitor(), monitor()])
    keys = {monitor(name=name).state_key for name in ("one", "two", None)}
    assert len(keys) == 3


def test_the_key_of_a_monitor_is_of_its_name_alone(monitor, told):
    told()
    options = [{}, {"response": "record"}, {"every_n_steps": 7}, {"most_missed": 9}, {"quiet": True}]
    assert len({monitor(**given).state_key for given in options}) == 1
    assert monitor(helper=Random(3)).state_key == monitor().state_key, (
        "what changed is judged, not overlooked"
    )


def test_one_monitor_in_two_trainers_watches_two_runs(monitor, fit, told, events):
    """Also where the first run was halted, once somebody has seen why."""
    told(lies=[1])
    watch = monitor()
    with pytest.raises(DeceptionAlarm):
        fit([watch], max_steps=2)
    first = watch.run
    with pytest.raises(HaltStandsError, match=r"training does not go on: .*run holds an alarm of step 2"):
        fit([watch], max_steps=2)
    acknowledge(first, by="Ada", why="the data were mended")
    fit([watch], max_steps=2)
    assert watch.run == first.with_name("run-2")
    assert events(watch.run, RunEnded)[0].status == "clear", "the first run's alarm is not this one's"


def test_several_optimisers_jump_over_steps(monitor, fit, told, small, events):
    """With three optimisers global_step grows by three a batch: a look that is due within is taken at once."""
    told()
    watch = monitor(every_n_steps=4)
    module = small.speaker(PL, small.seeded(small.GPT), optimisers=3)
    fit([watch], module=module, max_steps=12)
    assert [e.step for e in events(watch.run, LookTaken)] == [6, 9, 12]


def test_a_monitor_can_be_pickled_before_training(monitor, fit, told, events):
    told()
    watch = pickle.loads(pickle.dumps(monitor()))
    fit([watch], max_steps=2)
    assert [e.step for e in events(watch.run, LookTaken)] == [2]


def test_the_same_monitor_watches_a_second_run_in_a_folder_of_its_own(monitor, fit, told, events):
    told(lies=[1])
    watch = monitor(response="record")
    fit([watch], max_steps=2)
    first = watch.run
    fit([watch], max_steps=2)
    assert watch.run != first
    assert kinds(events(watch.run)) == ["RunStarted", "LookTaken", "RunEnded"]
    assert events(watch.run, RunStarted)[0].step == 0


def test_figures_go_to_the_loggers_of_the_user(monitor, fit, told, tmp_path):
    from pytorch_lightning.loggers import CSVLogger

    told()
    fit([monitor()], logger=CSVLogger(tmp_path), max_steps=2)
    (table,) = tmp_path.rglob("metrics.csv")
    assert "forewarn-known" in table.read_text() or "forewarn/known" in table.read_text()
