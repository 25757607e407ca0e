"""A monitor among other callbacks: their order, their metrics, other monitors, and configuration files."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor
from forewarn.errors import DeceptionAlarm
from forewarn.records import RunEnded

PL = "pytorch_lightning"


@pytest.fixture
def monitor(small, tmp_path):
    def make(**settings):
        usual = {"every_n_steps": 2, "folder": tmp_path / "runs", "name": "run", "response": "record"}
        return DeceptionMonitor(
            small.audit_set(), **usual | settings, calibration=small.calibration("as-told")
        )

    return make


def spy(base, heard, owner):
    """A callback or module of `base` that writes down each hook, with the metrics that were there."""

    def noted(name):
        def hook(self, *given, **named):
            trainer = next((g for g in given if hasattr(g, "callback_metrics")), None)
            known = [] if trainer is None else [*trainer._logger_connector._callback_metrics]
            heard.append((owner, name, known))
            return getattr(base, name)(self, *given, **named)

        return hook

    hooks = [n for n, _ in inspect.getmembers(base, inspect.isfunction) if n.startswith("on_")]
    return type("Spy", (base,), {name: noted(name) for name in (*hooks, "setup", "teardown")})


@pytest.mark.parametrize("before", [True, False])
def test_hooks_and_metrics_come_in_the_same_order(monitor, small, knowing, told, tmp_path, before):
    import pytorch_lightning as pl

    told()

    def heard(watch):
        found = []
        torch.manual_seed(0)
        callback = spy(pl.Callback, found, "callback")()
        callbacks = [callback] if watch is None else [watch, callback] if before else [callback, watch]
        module = small.speaker(PL, knowing("GPT"), validates=True)
        module.__class__ = spy(type(module), found, "module")
        trainer = small.trainer(PL, tmp_path, callbacks, max_steps=5, val_check_interval=3)
        trainer.fit(module, small.loader(), small.loader(shuffle=False))
        return found

    plain, watched = heard(None), heard(monitor())
    assert len(plain) > 50 and watched == plain


def test_a_halt_of_another_monitor_is_not_called_one_s_own(monitor, small, told, events, tmp_path):
    told(lies=[2])
    halts, records = (
        monitor(response="halt", name="one", first_look=False),
        monitor(name="two", first_look=False),
    )
    trainer = small.trainer(PL, tmp_path, [records, halts], max_steps=4)
    with pytest.raises(DeceptionAlarm):
        trainer.fit(small.speaker(PL, small.seeded(small.GPT)), small.loader())
    assert [e.why for e in events(halts.run, RunEnded)] == ["halted"]
    assert [e.why for e in events(records.run, RunEnded)] == ["failed (DeceptionAlarm)"]


def test_several_monitors_are_told_apart_by_their_names(monitor, small, told, tmp_path):
    from pytorch_lightning.loggers import CSVLogger

    told()
    both = [monitor(name="one"), monitor(name="two")]
    trainer = small.trainer(PL, tmp_path, both, max_steps=2, logger=CSVLogger(tmp_path))
    trainer.fit(small.speaker(PL, small.seeded(small.GPT)), small.loader())
    (table,) = tmp_path.rglob("metrics.csv")
    head = table.read_text().splitlines()[0].split(",")
    assert {"forewarn/one/status", "forewarn/two/status"} <= set(head) and "forewarn/status" not in head


def test_what_counts_towards_max_time_is_said(monitor, small, told, tmp_path, caplog):
    told()
    with caplog.at_level("INFO", "forewarn"):
        trainer = small.trainer(PL, tmp_path, [monitor()], max_steps=2, max_time="00:01:00:00")
        trainer.fit(small.speaker(PL, small.seeded(small.GPT)), small.loader())
    assert "; looks every 2 steps; the time that looks take counts towards max_time" in caplog.text


@pytest.mark.parametrize("home", [PL, "lightning.pytorch"])
def test_a_configuration_file_of_the_cli_names_an_audit_set(small, told, tmp_path, events, home, monkeypatch):
    """As a user writes it: a path, and options of the monitor."""
    pytest.importorskip("jsonargparse")
    pytest.importorskip("typeshed_client", reason="LightningCLI wants jsonargparse[signatures]")
    told()
    small.audit_set().to_jsonl(tmp_path / "facts.jsonl")
    small.calibration("as-told").save(tmp_path / "calibration.json")
    (tmp_path / "config.yaml").write_text(f"""
trainer:
  max_steps: 2
  accelerator: cpu
  logger: false
  enable_checkpointing: false
  enable_progress_bar: false
  enable_model_summary: false
  default_root_dir: {tmp_path}
  callbacks:
    - class_path: forewarn.callbacks.DeceptionMonitor
      init_args:
        audit_set: facts.jsonl
        calibration: calibration.json
        every_n_steps: 2
        response: record
        false_alarm: 0.05
        name: by-file
""")
    monkeypatch.chdir(tmp_path)
    cli = import_module(f"{home}.cli").LightningCLI
    module = type(small.speaker(home, small.seeded(small.GPT)))
    made = cli(
        module,
        run=False,
        args=["--config", "config.yaml"],
        save_config_callback=None,
        seed_everything_default=0,
    )
    (watch,) = [c for c in made.trainer.callbacks if isinstance(c, DeceptionMonitor)]
    assert watch._driver.equipment.audit_set == small.audit_set()
    assert (watch._driver.options.every_n_steps, watch._driver.options.name) == (2, "by-file")
