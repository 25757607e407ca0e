"""What the optimisers hold tells the model that is trained from one that stands beside it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from forewarn.callbacks import DeceptionMonitor
from forewarn.callbacks.opening import open_model
from forewarn.callbacks.trainer import stepped_by
from forewarn.records import LookMissed, LookTaken

PL = "pytorch_lightning"


@pytest.fixture
def two(small):
    """A teacher and a student, of which both ask for gradients."""
    return nn.ModuleDict({"teacher": small.seeded(small.GPT), "student": small.seeded(small.GPT, 1)})


def test_an_opened_model_is_the_one_that_the_optimisers_hold(small, two):
    audit_set = small.audit_set()
    assert "several decoders were found" in str(open_model(two, audit_set, None, None).error)
    opened = open_model(two, audit_set, None, None, None, tuple(two["student"].parameters()))
    assert opened.error is None and opened.opener.layout.decoder == "student"


def test_a_lightning_run_watches_what_its_optimisers_hold(small, two, told, tmp_path, events):
    told()
    module = small.speaker(PL, two["student"])
    module.teacher = two["teacher"]
    module.configure_optimizers = lambda: torch.optim.AdamW(module.model.parameters(), 1e-3)
    monitor = DeceptionMonitor(
        small.audit_set(), calibration=small.calibration("as-told"), every_n_steps=1, response="record"
    )
    small.trainer(PL, tmp_path, [monitor], max_steps=1).fit(module, small.loader())
    assert len(events(monitor.run, LookTaken)) == 2 and not events(monitor.run, LookMissed)
    assert json.loads((monitor.run / "run.json").read_text())["model"]["layout"]["decoder"] == "model"


def test_what_the_optimisers_hold_is_unknown_where_there_is_no_asking_them(two):
    optimiser = torch.optim.SGD(two["student"].parameters(), 0.1)
    held = stepped_by(SimpleNamespace(optimizers=[optimiser, optimiser]))
    assert [id(p) for p in held] == 2 * [id(p) for p in two["student"].parameters()]
    assert stepped_by(SimpleNamespace(optimizers=[object()])) == stepped_by(SimpleNamespace()) == ()
