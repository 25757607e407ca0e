"""Which rows make which neuron."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.anatomy.wiring import Feed, find_wiring

FIRST = torch.arange(24)


def feed_of(block):
    maps = {m.name: m for m in block.maps}
    return Feed(block.harness, [maps["mlp.first"]], "mlp.last", {})


@pytest.mark.parametrize(
    ("kind", "gate", "up"),
    [
        ("plain", FIRST, None),
        ("linear", FIRST, None),
        ("halves", FIRST, FIRST + 24),
        ("swapped", FIRST + 24, FIRST),
        ("interleaved", 2 * FIRST, 2 * FIRST + 1),
    ],
)
def test_rows_are_told_by_what_they_do(block_of, kind, gate, up):
    wiring = find_wiring(feed_of(block_of(mlp=kind)), 24)
    assert torch.equal(wiring.gate, gate)
    assert up is None if wiring.up is None else torch.equal(wiring.up, up)


def test_neurons_that_depend_on_each_other_have_none(block_of):
    assert find_wiring(feed_of(block_of(mlp="normed")), 24) is None


def test_another_number_of_neurons_has_none(block_of):
    assert find_wiring(feed_of(block_of()), 12) is None


def test_a_feed_is_what_follows_the_rows(block_of):
    feed = feed_of(block_of(mlp="halves"))
    rows = feed.random()
    assert rows.shape == (4, 5, 48)
    wanted = torch.nn.functional.silu(rows[..., :24]) * rows[..., 24:]
    torch.testing.assert_close(feed(rows), wanted)
