"""Noise on weights, and what moves with it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.finding.shaking import jolted, moves


def test_what_acts_moves_the_answer_and_what_does_not_act_does_not():
    first, second, aside = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
    x = torch.ones(1, 3)

    def answer():
        return second(first(x))

    assert moves(answer, first.parameters())
    assert moves(answer, [second.bias])
    assert moves(answer, [*aside.parameters(), first.bias])
    assert not moves(answer, aside.parameters())
    assert not moves(answer, [])


def test_noise_of_the_answer_itself_is_no_effect():
    weight, aside, generator = torch.ones(4), torch.ones(4), torch.Generator().manual_seed(0)

    def answer():
        return weight + 1e-6 * torch.randn(4, generator=generator)

    assert moves(answer, [weight])
    assert not moves(answer, [aside])


def test_an_answer_that_fails_depends_on_what_was_changed():
    index = torch.zeros(())

    def answer():
        if float(index):
            raise IndexError("no such row")
        return torch.ones(2)

    assert moves(answer, [index])
    assert float(index) == 0.0


def test_zeros_and_single_numbers_are_moved_too():
    gate = torch.zeros(())
    assert moves(lambda: gate * torch.ones(3), [gate])
    assert moves(lambda: gate.double() + 1, [gate])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_bits_are_put_back_whatever_happens(dtype):
    weight = torch.linspace(-1, 1, 7, dtype=dtype)
    counts = torch.arange(3)
    before = weight.clone()
    with pytest.raises(RuntimeError, match="in between"), jolted([weight, counts]):
        assert not torch.equal(weight, before)
        raise RuntimeError("in between")
    assert torch.equal(weight, before)
    assert torch.equal(counts, torch.arange(3))
