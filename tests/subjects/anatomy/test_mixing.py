"""Heads told by the weights that their channels share."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.anatomy.mixing import Mixing, find_mixing, weights
from forewarn.subjects.anatomy.outlets import reach
from forewarn.subjects.anatomy.wiring import Feed


def feed_of(block):
    outlet = next(m for m in block.maps if m.name == "attn.out")
    return Feed(block.harness, reach(block.harness, block.maps, outlet, {}), "attn.out", {})


@pytest.mark.parametrize("kind", ["plain", "half", "capped", "alibi", "normed"])
def test_channels_of_a_head_are_its_own_values(block_of, kind):
    found = find_mixing(feed_of(block_of(attention=kind)))
    assert isinstance(found, Mixing)
    assert torch.equal(found.channels, torch.arange(16).reshape(4, 4))
    assert torch.equal(found.values, 32 + found.channels)


def test_shared_values_are_repeated(block_of):
    found = find_mixing(feed_of(block_of(attention="shared")))
    assert torch.equal(found.values, (16 + 4 + torch.arange(4)).expand(4, 4))


def test_heads_that_never_differ_are_one(block_of):
    assert find_mixing(feed_of(block_of(attention="uniform"))).channels.shape == (1, 16)


@pytest.mark.parametrize("kind", ["sink", "gated"])
def test_attention_that_gives_no_mean_of_values(block_of, kind):
    assert "does not give back rows of its matrices" in find_mixing(feed_of(block_of(attention=kind)))


def test_weights_are_those_of_the_softmax(block_of):
    block = block_of()
    feed, attention = feed_of(block), block.harness.call.module.attn
    rows = feed.random()
    taken = weights(feed, rows, torch.arange(32, 48))
    q, k = (attention.split(rows[..., 16 * i : 16 * i + 16], 4) for i in (0, 1))
    scores = (0.5 * q @ k.transpose(-1, -2)).masked_fill(torch.ones(5, 5).triu(1).bool(), float("-inf"))
    wanted = scores.softmax(-1).permute(3, 0, 2, 1).repeat_interleave(4, -1)
    torch.testing.assert_close(taken, wanted, atol=1e-6, rtol=1e-5)
