"""A probe that leaves something switched does not change the run (design, decision 1)."""

from __future__ import annotations

import os
import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from forewarn.callbacks import Watch
from forewarn.records import AlarmRaised, LookTaken

STEPS = 4


def doubled(module, given, output):
    return output * 2 if isinstance(output, torch.Tensor) else output


def hook():
    nn.modules.module.register_module_forward_hook(doubled)


ACTS = {
    "draws": lambda: (torch.randn(3), random.random(), np.random.rand()),
    "seeds": lambda: (torch.manual_seed(1), random.seed(1), np.random.seed(1)),
    "gradients": lambda: torch.set_grad_enabled(False),
    "inference": lambda: torch.inference_mode().__enter__(),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16).__enter__(),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "determinism": lambda: torch.use_deterministic_algorithms(True),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "hooks": hook,
    "warnings": lambda: warnings.simplefilter("error"),
    "folder": lambda: os.chdir("/"),
    "exit": lambda: (torch.manual_seed(1), (_ for _ in ()).throw(ValueError("on purpose")).__next__()),
}


@pytest.fixture
def train(small, tmp_path, monkeypatch):
    """A loop with dropout, draws of each kind and a new tensor a step: its weights, and the watch, if any."""
    monkeypatch.chdir(tmp_path)

    def run(**settings):
        torch.manual_seed(5), random.seed(5), np.random.seed(5)
        model = small.seeded(small.GPT, dropout=0.3)
        optimiser = torch.optim.AdamW(model.parameters(), 1e-3)
        data, watch = small.sentences(), None
        if settings:
            calibration = small.calibration("as-told")
            usual = {"every_n_steps": 1, "response": "record", "folder": tmp_path / "runs", "quiet": True}
            watch = Watch(model, small.audit_set(), calibration=calibration, **usual | settings)
        for step in range(1, STEPS + 1):
            chosen = [random.randrange(len(data)), int(np.random.randint(len(data)))]
            loss = small.loss_of(model, data[chosen]) * torch.full((), 1.0 + step)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if watch is not None:
                watch.step(step)
        if watch is not None:
            watch.close()
        return {name: tensor.clone() for name, tensor in model.state_dict().items()}, watch

    return run


def same(one, other):
    return all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_meddling_probe_does_not_change_the_run(small, train, events, act):
    class Meddling(small.Told):
        def explore(self, inputs, site, split):
            self.kept = act()
            return super().explore(inputs, site, split)

    plain, _ = train()
    watched, watch = train(probes=[Meddling()])
    assert same(plain, watched)
    assert [e.step for e in events(watch.run, LookTaken)] == list(range(1, STEPS + 1))


def test_an_alarm_and_its_explanation_do_not_change_the_run(small, train, events):
    """What is asked for people after an alarm runs the model, and fits lenses."""
    plain, _ = train()
    watched, watch = train(probes=[small.Told(lies=[1])])
    assert same(plain, watched)
    assert len(events(watch.run, AlarmRaised)) == 1
    assert list((watch.run / "explanations").iterdir()), "there is an explanation"
