"""A folder that is a URL: refused at the start by every door, and no local folder of that name."""

from __future__ import annotations

import logging

import pytest

import forewarn
from forewarn.callbacks import DeceptionMonitor
from forewarn.errors import ConfigurationError

SAYS = r"is a URL \((s3|memory)\).*writes runs to local folders.*Give the path of a local folder"


@pytest.mark.parametrize("response", ["record", "halt"])
@pytest.mark.parametrize("folder", ["s3://bucket/runs", "memory://runs"])
def test_a_folder_that_is_given_is_refused_when_the_monitor_is_made(small, folder, response):
    for make in (DeceptionMonitor, lambda *given, **named: forewarn.Watch(None, *given, **named)):
        with pytest.raises(ConfigurationError, match=SAYS):
            make(small.audit_set(), folder=folder, response=response)


def test_the_root_of_a_trainer_is_refused_when_training_begins(small, told, tmp_path, monkeypatch):
    told()
    monkeypatch.chdir(tmp_path)
    monitor = DeceptionMonitor(small.audit_set(), calibration=small.calibration("as-told"))
    trainer = small.trainer("pytorch_lightning", "memory://root", [monitor])
    with pytest.raises(ConfigurationError, match=SAYS):
        trainer.fit(small.speaker("pytorch_lightning", small.seeded(small.GPT)), small.loader())
    assert list(tmp_path.iterdir()) == []


def test_where_it_may_not_stop_the_run_every_look_is_missed_and_that_is_said(
    small, told, tmp_path, monkeypatch, caplog, capsys
):
    told()
    monkeypatch.chdir(tmp_path)
    monitor = DeceptionMonitor(
        small.audit_set(), calibration=small.calibration("as-told"), response="record", every_n_steps=2
    )
    trainer = small.trainer("pytorch_lightning", "memory://root", [monitor])
    with caplog.at_level(logging.WARNING, "forewarn"):
        trainer.fit(small.speaker("pytorch_lightning", small.seeded(small.GPT)), small.loader())
    assert "cannot watch this run, all its looks will be missed" in caplog.text and "is a URL" in caplog.text
    assert "forewarn: unknown; no look could be taken" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
