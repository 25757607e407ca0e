"""Blocks found when they are asked for."""

from __future__ import annotations

import pytest
import torch

from forewarn.records import StreamSite
from forewarn.subjects.anatomy import BlockAnatomy, MlpWeights, NormWeights, Rotary, Unsupported
from forewarn.subjects.anatomy.lazy import LazyBlocks, on_cpu


def row(n=4):
    asked = []

    def find(layer):
        asked.append(layer)
        return BlockAnatomy(layer, Unsupported("a"), Unsupported("b"))

    return LazyBlocks(n, find), asked


def test_each_is_found_once_and_only_when_asked_for():
    blocks, asked = row()
    assert len(blocks) == 4 and not asked
    assert blocks[2] is blocks[-2]
    assert asked == [3]
    assert [b.layer for b in blocks] == [1, 2, 3, 4]
    assert [b.layer for b in blocks[1:3]] == [2, 3]
    assert asked == [3, 1, 2, 4]


@pytest.mark.parametrize("place", [4, -5])
def test_there_are_no_others(place):
    with pytest.raises(IndexError):
        row()[0][place]


def test_values_are_moved_whole():
    weight = torch.ones(2, 2, requires_grad=True)
    norm = NormWeights("rms", weight[0], 0.5)
    mlp = MlpWeights(StreamSite(0), norm, weight, weight[0], None, weight, StreamSite(1))
    found = on_cpu(BlockAnatomy(1, mlp, Unsupported("none")))
    assert found.layer == 1 and found.heads == Unsupported("none")
    assert torch.equal(found.mlp.read, weight) and not found.mlp.read.requires_grad
    assert found.mlp.norm.eps == 0.5 and found.mlp.site == StreamSite(0) and found.mlp.up is None
    assert not found.mlp.norm.gain.requires_grad
    assert on_cpu(Rotary(torch.tensor([[0, 1]]), torch.ones(1))).pairs.tolist() == [[0, 1]]
