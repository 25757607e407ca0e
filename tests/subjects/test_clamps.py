"""Clamps: what is refused, and what is set where."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.subjects.clamps import BatchClamp, Clamp, as_rows, check_clamp, held, like_rows

ONE = torch.ones(1)


@pytest.mark.parametrize(
    ("units", "values", "message"),
    [
        ([], torch.ones(0), r"each once and at least one; found \[\]"),
        ([1, 1], torch.ones(2), r"each once and at least one; found \[1, 1\]"),
        ([-1], ONE, r"from 0 up, .* found \[-1\]"),
        ([1, 2], ONE, r"clamp of 2 neurons has floating values \[2\] or \[n, 2\]; found torch.float32 \[1\]"),
        ([1], torch.ones(1, 1, 1), r"found torch.float32 \[1, 1, 1\]"),
        ([1], ONE.long(), r"found torch.int64 \[1\]"),
        ([1], ONE * float("inf"), r"must be finite; found nan or inf in \[1\]"),
    ],
)
def test_clamps_that_are_no_clamps(units, values, message):
    with pytest.raises(ConfigurationError, match=message):
        Clamp(1, units, values)


def test_clamps_that_do_not_fit():
    with pytest.raises(ConfigurationError, match="block 3 has 8 neurons, numbered from 0; a clamp names 8"):
        check_clamp(Clamp(3, [2, 8], torch.ones(2)), 1, 8)
    with pytest.raises(ConfigurationError, match=r"2 prompts were given, but a clamp for 3: \[3, 1\]"):
        check_clamp(Clamp(1, [0], torch.ones(3, 1)), 2, 8)
    check_clamp(Clamp(1, [7], torch.ones(2, 1)), 2, 8)


@pytest.mark.parametrize("own", [False, True])
def test_only_the_named_neurons_are_set_and_only_from_the_last_position_of_the_prompt(own):
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    clamp = Clamp(1, (4, 0), values if own else values[0])
    rows, given = [2, 0], torch.zeros(2, 5, 6, dtype=torch.float64)
    out = held(clamp, "mlp.out", rows, 3, given)(given)
    wanted = given.clone()
    for b, row in enumerate(rows):
        for t in range(2, 5):
            wanted[b, t, 4], wanted[b, t, 0] = values[row] if own else values[0]
    assert torch.equal(out, wanted)
    assert not given.any()


def test_rows_are_batch_by_time_whichever_way_the_module_has_them():
    x = torch.arange(24.0).reshape(2, 3, 4)
    shapes = [(x, False), (x.transpose(0, 1), True), (x.reshape(6, 4), False)]
    shapes.append((x.transpose(0, 1).reshape(6, 4), True))
    for given, time_first in shapes:
        rows = as_rows(given, 2, time_first)
        assert torch.equal(rows, x)
        assert torch.equal(like_rows(rows, given, time_first), given)


def test_a_held_value_is_kept_for_one_batch():
    one = BatchClamp("m", [1], torch.tensor([[7.0]]), 0)
    assert one(torch.zeros(1, 2, 2)).tolist() == [[[0.0, 7.0], [0.0, 7.0]]]
