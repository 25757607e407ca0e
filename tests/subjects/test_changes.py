"""What is changed in a batch."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.changes import Activations, ChangePlan, check_block, check_changes
from forewarn.subjects.clamps import Clamp
from forewarn.subjects.edits import Edit

LIKE = torch.zeros((), dtype=torch.float64)


def find(layer):
    return Activations(f"blocks.{layer - 1}.out", 8)


def test_edits_and_clamps_of_a_batch_are_told_apart():
    edit, clamp = Edit(1, torch.ones(1, 3)), Clamp(2, [5], torch.tensor([[1.0], [2.0], [3.0]]))
    found = ChangePlan([edit, clamp, clamp], LIKE, find).batch([2, 0], 4, 6)
    assert set(found.added) == {2} and found.added[2].shape == (2, 6, 3)
    assert [h.module for h in found.held] == ["blocks.1.out"] * 2
    assert found.held[0].values.tolist() == [[3.0], [1.0]] and found.held[0].start == 3
    assert found.held[0].values.dtype == torch.float64


def test_without_changes_there_are_none():
    found = ChangePlan((), LIKE, find).batch([0], 1, 1)
    assert not found.added and not found.held


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Edit(3, torch.ones(1, 3)), "a layer lies in 0 to 2; found 3"),
        (Edit(1, torch.ones(1, 4)), "width 3"),
        (Clamp(0, [0], torch.ones(1)), "a block lies in 1 to 2; found 0"),
        (Clamp(1, [8], torch.ones(1)), "block 1 has 8 neurons"),
        (Clamp(1, [0], torch.ones(3, 1)), "2 prompts were given, but a clamp for 3"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    sites = [StreamSite(0), StreamSite(1), StreamSite(2)]
    with pytest.raises(ConfigurationError, match=message):
        check_changes([change], [2, 2], sites, 3, find)
    check_changes([Edit(2, torch.ones(1, 3)), Clamp(2, [7], torch.ones(2, 1))], [2, 2], sites, 3, find)


def test_blocks_are_counted_from_one():
    check_block(1, 1)
    with pytest.raises(ConfigurationError, match="a block lies in 1 to 1; found 2"):
        check_block(2, 1)
