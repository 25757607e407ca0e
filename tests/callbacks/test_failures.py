"""What fails is unknown, never clear; it ends no run that is only recorded or flagged, nor changes it."""

from __future__ import annotations

import errno
import os

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor
from forewarn.errors import AuditSetError, BlindMonitor, StoreError, SubjectError
from forewarn.records import Ending, Failed, LookMissed, LookTaken, ReasonCode, ResponseGiven, RunEnded

PL = "pytorch_lightning"


class Words:
    """A tokenizer that knows no word."""

    unk_token_id = 1

    def encode(self, text):
        return [1 for _ in text.split()]


@pytest.fixture
def monitor(small, tmp_path):
    def make(response, **settings):
        usual = {"first_look": False, "every_n_steps": 2, "folder": tmp_path / "runs", "name": "run"}
        audit_set = settings.pop("audit_set", small.audit_set())
        calibration = small.calibration("as-told")
        return DeceptionMonitor(audit_set, **usual | settings, response=response, calibration=calibration)

    return make


@pytest.fixture
def fit(small, tmp_path):
    def run(callbacks=(), *, model=None, rate=1e-3, logger=False):
        torch.manual_seed(3)
        trainer = small.trainer(PL, tmp_path, callbacks, logger=logger)
        trainer.fit(small.speaker(PL, model or small.seeded(small.GPT), rate=rate), small.loader())
        return small.fingerprint(trainer)

    return run


@pytest.fixture
def in_words(small):
    """An audit set that needs a tokenizer."""
    from dataclasses import replace

    found = small.audit_set()
    return replace(found, facts=tuple(replace(f, question=f"what is {f.entity}") for f in found.facts))


class Unreadable(torch.nn.Module):
    """Maps ids to logits, but looks ahead: no causal decoder."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = torch.nn.Embedding(24, 8), torch.nn.Linear(8, 24)

    def forward(self, ids):
        return self.head(self.embed(ids) + self.embed(ids).mean(1, keepdim=True))


def fill_the_disk(monkeypatch, after=0):
    """From the given call on no write succeeds, as on a full disk; the snapshot's own writer included."""
    from forewarn.store import tidy

    left, write, save = [after], os.write, tidy.save_file

    def while_there_is_room(act):
        def full(*given):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return act(*given)

        return full

    monkeypatch.setattr(os, "write", while_there_is_room(write))
    monkeypatch.setattr(tidy, "save_file", while_there_is_room(save))


@pytest.mark.parametrize("response", ["record", "flag"])
def test_a_probe_that_raises_is_an_unknown_look(monitor, fit, told, events, response):
    told(errors=range(10), error=ValueError("no such layer"))
    watch = monitor(response)
    assert fit([watch]) == fit()
    looks = events(watch.run, LookTaken)
    assert [look.status for look in looks] == ["unknown"] * 3
    assert looks[0].outcomes[0] == Failed("as-told", looks[0].outcomes[0].site, "ValueError: no such layer")
    assert events(watch.run, RunEnded)[0].status == "unknown"


def test_halt_stops_when_it_has_been_blind_too_often(monitor, fit, told, events):
    told(errors=range(10), error=ValueError("no such layer"))
    watch = monitor("halt", most_missed=2)
    with pytest.raises(BlindMonitor, match=r"at step 4: 2 looks in a row were missed; .*no such layer"):
        fit([watch])
    found = events(watch.run)
    assert isinstance(found[-2], ResponseGiven) and found[-1].reason == "halted"


def test_misses_count_only_in_a_row(monitor, fit, told):
    told(errors=[1, 3], error=ValueError("now and then"))
    fit([monitor("halt", most_missed=2)])


@pytest.mark.parametrize("response", ["record", "flag"])
def test_a_full_disk(monitor, fit, told, events, monkeypatch, response, caplog):  # noqa: PLR0917
    plain = fit()
    probe = told(lies=[3])
    with monkeypatch.context() as disk:
        fill_the_disk(disk, after=3)
        watch = monitor(response)
        assert fit([watch]) == plain
    assert probe.asked == 1 and not events(watch.run, LookMissed), "nothing more could be written"
    assert any("could not write the missed look of step 4" in r.getMessage() for r in caplog.records)
    assert not events(watch.run, RunEnded)


def test_a_full_disk_that_frees_itself_is_a_missed_look(monitor, fit, told, events, monkeypatch):
    from forewarn.store.snapshots import SnapshotStore

    told()
    watch, put, calls = monitor("record"), SnapshotStore.put, []

    def once(self, *given):
        calls.append(None)
        if len(calls) == 2:
            raise StoreError("the disk is full")
        return put(self, *given)

    monkeypatch.setattr(SnapshotStore, "put", once)
    fit([watch])
    assert [e.step for e in events(watch.run, LookTaken)] == [2, 6]
    (missed,) = events(watch.run, LookMissed)
    assert (missed.step, missed.reason.code) == (4, ReasonCode.LOOK_FAILED)
    assert missed.reason.words == "StoreError: the disk is full"


def test_halt_on_a_full_disk_fails_closed(monitor, fit, told, monkeypatch):
    told()
    watch = monitor("halt", most_missed=2)
    fill_the_disk(monkeypatch, after=1)
    with pytest.raises(BlindMonitor, match=r"step 4: 2 looks in a row .*No space left"):
        fit([watch])


def test_an_alarm_that_cannot_be_written_is_carried_out_and_written_later(
    monitor, fit, told, events, monkeypatch
):
    from forewarn.audit.folder import RunFolder
    from forewarn.errors import DeceptionAlarm
    from forewarn.records import AlarmRaised

    told(lies=[1, 2, 3])
    watch, append, refused = monitor("halt"), RunFolder.append, []

    def once(self, event):
        if isinstance(event, AlarmRaised) and not refused:
            refused.append(event)
            raise StoreError("the disk is full")
        return append(self, event)

    monkeypatch.setattr(RunFolder, "append", once)
    with pytest.raises(DeceptionAlarm, match="at step 2"):
        fit([watch])
    assert refused and [e.step for e in events(watch.run, AlarmRaised)] == [2]


def test_failing_retention_does_not_swallow_an_alarm(monitor, fit, told, monkeypatch):
    from forewarn.errors import DeceptionAlarm
    from forewarn.store.snapshots import SnapshotStore

    def refuse(self, *_):
        raise StoreError("the folder is locked")

    told(lies=[1])
    monkeypatch.setattr(SnapshotStore, "list", refuse)
    with pytest.raises(DeceptionAlarm, match="at step 2"):
        fit([monitor("halt")])


@pytest.mark.parametrize("response", ["record", "halt"])
def test_a_folder_that_cannot_be_made(monitor, fit, told, tmp_path, response, caplog):
    told()
    (tmp_path / "file").write_text("")
    watch = monitor(response, folder=tmp_path / "file")
    if response == "halt":
        with pytest.raises(StoreError, match="cannot write the run folder"):
            fit([watch])
        return
    assert fit([watch]) == fit()
    assert watch.run is None
    assert any("cannot watch this run" in r.getMessage() for r in caplog.records)


@pytest.mark.parametrize("response", ["record", "halt"])
def test_a_model_that_cannot_be_opened(monitor, fit, told, events, response):
    told()
    watch = monitor(response)
    if response == "halt":
        with pytest.raises(SubjectError):
            fit([watch], model=Unreadable())
        assert [type(e).__name__ for e in events(watch.run)] == ["RunStarted", "RunEnded"]
        return
    plain = fit(model=small_seeded(Unreadable))
    assert fit([watch], model=small_seeded(Unreadable)) == plain
    assert [e.step for e in events(watch.run, LookMissed)] == [2, 4, 6]
    assert "SubjectError" in events(watch.run, LookMissed)[0].reason.words
    assert events(watch.run, RunEnded)[0].status == "unknown"


def small_seeded(build):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build()


def test_weights_that_are_not_finite(monitor, fit, told, events):
    told()
    watch = monitor("record")
    fit([watch], rate=float("inf"))
    assert not events(watch.run, LookTaken)
    assert [e.step for e in events(watch.run, LookMissed)] == [2, 4, 6]
    assert events(watch.run, RunEnded)[0].status == "unknown"


def test_a_metric_that_is_not_finite_does_not_cost_a_look(monitor, fit, told, events):
    import pytorch_lightning as pl

    class Logs(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, *_):
            pl_module.log("odd", float("nan"))

    told()
    watch = monitor("record")
    fit([Logs(), watch])
    assert [e.step for e in events(watch.run, LookTaken)] == [2, 4, 6]


@pytest.mark.parametrize(
    ("tokenizer", "message"), [(None, "no tokenizer was found"), (Words(), "does not know a word of")]
)
@pytest.mark.parametrize("response", ["record", "halt"])
def test_words_that_cannot_be_encoded(  # noqa: PLR0917
    monitor, fit, told, events, in_words, tokenizer, message, response
):
    told()
    watch = monitor(response, audit_set=in_words, tokenizer=tokenizer)
    if response == "halt":
        with pytest.raises(AuditSetError, match=message):
            fit([watch])
        return
    assert fit([watch]) == fit()
    missed = events(watch.run, LookMissed)
    assert [e.step for e in missed] == [2, 4, 6]
    assert message in missed[0].reason.words
    assert missed[0].reason.code is ReasonCode.CANNOT_OPEN


@pytest.mark.parametrize("response", ["record", "halt"])
def test_a_tokenizer_that_cannot_even_be_looked_up(monitor, fit, told, small, response):
    class Odd(small.GPT):
        @property
        def tokenizer(self):
            raise RuntimeError("not downloaded")

    told()
    watch = monitor(response)
    if response == "halt":
        with pytest.raises(RuntimeError, match="not downloaded"):
            fit([watch], model=small.seeded(Odd))
        return
    assert fit([watch], model=small.seeded(Odd)) == fit()
    assert watch.run is None


def test_a_logger_that_fails(monitor, fit, told, events, caplog):
    from pytorch_lightning.loggers import CSVLogger

    class Broken(CSVLogger):
        def log_metrics(self, metrics, step=None):
            if any(name.startswith("forewarn") for name in metrics):
                raise ConnectionError("the tracker is away")

    told()
    watch = monitor("record")
    assert fit([watch], logger=Broken(watch._driver.options.folder)) == fit()
    assert len(events(watch.run, LookTaken)) == 3
    assert any("could not log to Broken: the tracker is away" in r.getMessage() for r in caplog.records)


def test_an_interruption_in_the_middle_of_a_look(monitor, fit, told, events):
    told(errors=[2], error=KeyboardInterrupt())
    watch = monitor("record")
    with pytest.raises(SystemExit):
        fit([watch])
    found = events(watch.run)
    assert [e.step for e in found if isinstance(e, LookTaken)] == [2]
    assert (found[-1].reason, found[-1].error) == (Ending.INTERRUPTED, "KeyboardInterrupt")


def test_an_error_of_the_training_code_ends_in_the_ledger(monitor, fit, told, events):
    import pytorch_lightning as pl

    class Breaks(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            if trainer.global_step == 3:
                raise RuntimeError("out of memory")

    told()
    watch = monitor("halt")
    with pytest.raises(RuntimeError, match="out of memory"):
        fit([Breaks(), watch])
    (ended,) = events(watch.run, RunEnded)
    assert (ended.step, ended.reason, ended.error) == (3, Ending.FAILED, "RuntimeError")
