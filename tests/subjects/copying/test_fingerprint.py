"""What a look could move is in the fingerprint."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from forewarn.subjects.copying.fingerprint import Fingerprint


@pytest.fixture
def model():
    made = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.1))
    made(torch.ones(3, 2)).sum().backward()
    return made


def moved(model, change, **how):
    before = Fingerprint.of(model, **how)
    change()
    return before.moved(Fingerprint.of(model, **how))


def test_nothing_moved(model):
    assert moved(model, model.state_dict) == ()
    assert moved(model, lambda: None, values=True) == ()


MOVES = {
    "a weight": (lambda m: m[0].weight.data.fill_(1), "tensors (0.weight)", True),
    "a buffer": (lambda m: m[1].running_mean.add_(1), "tensors (1.running_mean)", False),
    "another tensor": (
        lambda m: setattr(m[0], "bias", nn.Parameter(torch.ones(2))),
        "tensors (0.bias)",
        False,
    ),
    "a gradient": (lambda m: m[0].weight.grad.zero_(), "gradients (0.weight)", False),
    "no gradient": (lambda m: m[0].bias.requires_grad_(False), "gradients (0.bias)", False),
    "a mode": (lambda m: m[2].eval(), "modes (2)", False),
    "all modes": (lambda m: m.eval(), "modes (the module itself, 0, 1 and 1 more)", False),
    "a hook": (lambda m: m[0].register_forward_hook(print), "hooks (0)", False),
    "a forward": (lambda m: setattr(m[0], "forward", m[0].forward), "hooks (0)", False),
}


@pytest.mark.parametrize("name", MOVES)
def test_each_move_is_named(model, name):
    change, words, values = MOVES[name]
    found = moved(model, lambda: change(model), values=values)
    assert any(each.startswith(words[:-1]) for each in found), found


def test_a_write_past_the_count_needs_the_values(model):
    assert moved(model, lambda: model[0].weight.data.fill_(1)) == ()
    assert moved(model, lambda: model[0].weight.data.fill_(2), values=True)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: torch.randn(1), "chance (torch)"),
        (np.random.rand, "chance (numpy)"),
        (random.random, "chance (random)"),
    ],
)
def test_random_states(model, draw, words):
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    assert moved(model, draw) == (words,)
    torch.set_rng_state(states[0]), np.random.set_state(states[1]), random.setstate(states[2])


def test_modes_of_the_process(model):
    before = Fingerprint.of(model)
    with torch.no_grad():
        assert before.moved(Fingerprint.of(model)) == ("process (gradients)",)
    with torch.autocast("cpu"):
        assert before.moved(Fingerprint.of(model)) == ("process (autocast)",)
