"""Rotation by position, beside complex numbers."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.anatomy import Rotary

ROTARY = Rotary(torch.tensor([[0, 2], [4, 1]]), torch.tensor([0.7, 0.01], dtype=torch.float64))
X, Y = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("position", [0, 1, -3, 100])
def test_pairs_turn_like_complex_numbers_and_others_stay(position):
    found = ROTARY.turn(X, position)
    for (a, b), frequency in zip(ROTARY.pairs.tolist(), ROTARY.frequencies, strict=True):
        turned = torch.complex(X[:, a], X[:, b]) * torch.exp(1j * frequency * position)
        torch.testing.assert_close(found[:, a], turned.real)
        torch.testing.assert_close(found[:, b], turned.imag)
    assert torch.equal(found[:, [3, 5]], X[:, [3, 5]])


def test_a_product_depends_on_the_distance_alone():
    both = (ROTARY.turn(X, 11) * ROTARY.turn(Y, 4)).sum(-1)
    torch.testing.assert_close(both, (X * ROTARY.turn(Y, -7)).sum(-1))
    assert not torch.allclose(both, (X * Y).sum(-1))
