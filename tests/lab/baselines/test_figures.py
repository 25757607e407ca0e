from __future__ import annotations

import math

import torch

from forewarn.lab.baselines.figures import mean, movement, quotient, spread


def test_nothing_is_divided_by_nothing():
    assert quotient(1.0, 4.0) == 0.25
    assert math.isnan(quotient(0.0, 0.0))
    assert math.isnan(quotient(1.0, 0.0))


def test_what_has_not_moved_has_not_moved_in_any_unit():
    assert movement(0.0, 0.0) == movement(0.0, math.nan) == 0.0
    assert movement(-3.0, 2.0) == -1.5
    assert math.isnan(movement(1.0, 0.0))


def test_rounding_is_no_spread():
    assert spread(torch.tensor([1.0, 1.0 + 1e-9], dtype=torch.float64)) == 0.0
    assert spread(torch.tensor([1.0, 3.0])) == 1.0
    assert spread(torch.zeros(3)) == 0.0


def test_of_nothing_there_is_neither_mean_nor_spread():
    assert math.isnan(mean(torch.empty(0)))
    assert math.isnan(spread(torch.empty(0)))
