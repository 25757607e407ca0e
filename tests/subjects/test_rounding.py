"""Equal up to rounding, for tensors and for numbers."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.rounding import plain, same


def test_same_is_relative_and_never_true_of_nan():
    x = torch.tensor([1000.0, 1.0])
    assert same(x, x + 0.01)
    assert not same(x, x + 1.0)
    assert not same(x, x[:1])
    assert not same(torch.tensor([float("nan")]), torch.tensor([float("nan")]))


@pytest.mark.parametrize(
    ("measured", "number"), [(0.30000001, 0.3), (1 / 3, 1 / 3), (12.0000001, 12.0), (0.30001, 0.30001)]
)
def test_a_plain_number_is_taken_where_it_was_measured_up_to_rounding(measured, number):
    assert plain(measured) == number
