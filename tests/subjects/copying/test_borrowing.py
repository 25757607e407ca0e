"""A live model is run and is left as it was."""

from __future__ import annotations

import random

import pytest
import torch
from torch import nn

from forewarn.subjects.copying.borrowing import borrowed
from forewarn.subjects.copying.fingerprint import Fingerprint


class Busy(nn.Module):
    """Changes all that a forward pass can change."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        self.calls, self.seen, self.last, self.drawn = 0, [], None, torch.Generator()
        self.hidden = [nn.Dropout(0.5)]
        self.register_buffer("mean", torch.zeros(3))
        self.norm.track_running_stats = True

    def train(self, mode=True):
        raise AssertionError("a look must not call a train of the user's own")

    def forward(self, x):
        self.calls += 1
        self.seen.append(float(x.sum()))
        self.last = y = self.layer(x)
        self.mean = self.mean * 0.9 + y.mean(0) * 0.1
        self.norm.running_mean.data.add_(1.0)
        self.layer.weight.data.mul_(1.01)
        torch.rand(1, generator=self.drawn), torch.randn(1), random.random()
        return self.hidden[0](y)


@pytest.fixture
def busy():
    return Busy()


def test_everything_is_put_back(busy):
    before, state = Fingerprint.of(busy, values=True), busy.drawn.get_state()
    x = torch.ones(2, 3)
    with borrowed(busy) as traffic:
        assert torch.equal(busy(x), busy.last), "the part in a plain list is in eval mode too"
        assert not any(part.training for part in busy.modules())
    assert traffic.read
    assert (busy.calls, busy.seen, busy.last) == (0, [], None)
    assert torch.equal(busy.drawn.get_state(), state)
    after = Fingerprint.of(busy, values=True)
    values = {name: mark[-1] for name, mark in before.tensors.items()}
    assert {name: mark[-1] for name, mark in after.tensors.items()} == values
    assert (after.modes, after.chance, after.gradients) == (before.modes, before.chance, before.gradients)


def test_also_after_an_error(busy):
    before = Fingerprint.of(busy).modes
    with pytest.raises(KeyboardInterrupt), borrowed(busy):
        busy(torch.ones(2, 3))
        raise KeyboardInterrupt
    assert (busy.calls, busy.seen) == (0, [])
    assert Fingerprint.of(busy).modes == before


def test_what_hooks_keep_is_put_back():
    model, seen, count, mean = nn.Linear(2, 2), [], 0, torch.zeros(2)

    class Meter:
        def __init__(self):
            self.total = 0

        def __call__(self, part, args, out):
            self.total += 1

        def also(self, part, args):
            self.total += 10

    def hook(part, args, out):
        nonlocal count
        count += 1
        seen.append(out)
        mean.lerp_(out.mean(0), 0.1)

    meter = Meter()
    model.register_forward_hook(hook)
    model.register_forward_hook(meter)
    model.register_forward_pre_hook(meter.also)
    with borrowed(model):
        model(torch.ones(1, 2))
        assert (count, len(seen), meter.total) == (1, 1, 11)
    assert (count, seen, meter.total) == (0, [], 0)
    assert torch.equal(mean, torch.zeros(2))


def test_one_frozen_part_stays_in_eval_mode():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    model[1].eval()
    with borrowed(model):
        model(torch.ones(1, 2))
    assert [part.training for part in model.modules()] == [True, True, False]


def test_a_compiled_part_is_not_compiled_again():
    model, compiled = nn.Linear(2, 2), []
    model.compile(backend=lambda graph, inputs: compiled.append(1) or graph.forward)
    with borrowed(model):
        model(torch.ones(1, 2))
    assert not compiled
