"""Affine functions told from others, and measured."""

from __future__ import annotations

import torch
from torch import nn

from forewarn.subjects.anatomy.affine import is_affine, measured

LIKE = torch.zeros(4)


def seeded(build):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build()


@torch.no_grad()
def test_affine_functions_are_told_from_others():
    linear = seeded(lambda: nn.Linear(4, 3))
    assert is_affine(linear, LIKE) is True
    assert is_affine(lambda x: linear(x).relu(), LIKE) is False
    assert is_affine(nn.LayerNorm(4), LIKE) is False
    assert is_affine(lambda x: torch.ones(len(x), 2), LIKE) is None


@torch.no_grad()
def test_a_weight_that_explains_it_is_taken_as_it_is_whichever_way_it_lies():
    linear = seeded(lambda: nn.Linear(4, 3))
    for weight in (linear.weight, linear.weight.T):
        matrix, constant = measured(linear, LIKE, weight)
        assert torch.equal(matrix, linear.weight)
        assert torch.equal(constant, linear.bias)
        assert matrix.data_ptr() != linear.weight.data_ptr()


@torch.no_grad()
def test_any_other_is_measured_on_the_unit_vectors():
    first, second = (seeded(lambda: nn.Linear(4, 4)) for _ in range(2))
    both = nn.Sequential(first, second)
    matrix, constant = measured(both, LIKE, first.weight)
    torch.testing.assert_close(matrix, second.weight @ first.weight)
    torch.testing.assert_close(constant, second(first.bias))
