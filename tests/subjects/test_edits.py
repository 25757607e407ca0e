"""Addends, beside their definition in loops."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.subjects.edits import Edit, addends

LIKE = torch.zeros((), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(1, 3), (2, 3), (5, 2, 3)])
@pytest.mark.parametrize("written", [0, 2])
def test_addends_are_what_the_loops_say(shape, written):
    delta = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    rows, prompt = [3, 1], 4
    found = addends([Edit(1, delta)], rows, prompt, prompt + written, LIKE)[2]
    wanted = torch.zeros(2, prompt + written, 3, dtype=torch.float64)
    for b, row in enumerate(rows):
        own = delta if delta.ndim == 2 else delta[row]
        for j in range(len(own)):
            wanted[b, prompt - len(own) + j] = own[j].double()
        for t in range(prompt, prompt + written):
            wanted[b, t] = own[-1].double()
    assert torch.equal(found, wanted)


def test_edits_at_one_layer_add_up():
    first, second = torch.ones(1, 3), torch.full((2, 3), 2.0)
    found = addends([Edit(0, first), Edit(0, second), Edit(2, first)], [0], 2, 2, LIKE)
    assert set(found) == {0, 4}
    assert found[0][0, :, 0].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        (torch.zeros(3), r"\[k, d\] or \[n, k, d\] with k >= 1; found torch.float32 \[3\]"),
        (torch.zeros(0, 3), r"found torch.float32 \[0, 3\]"),
        (torch.zeros(1, 3).long(), r"found torch.int64 \[1, 3\]"),
        (torch.tensor([[float("nan")]]), r"must be finite; found nan or inf in \[1, 1\]"),
    ],
)
def test_deltas_that_are_refused(delta, message):
    with pytest.raises(ConfigurationError, match=message):
        Edit(0, delta)
