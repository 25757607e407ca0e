"""Neurons of blocks written by hand."""

from __future__ import annotations

import pytest
import torch

from forewarn.records import StreamSite
from forewarn.subjects.anatomy import MlpWeights, Unsupported
from forewarn.subjects.anatomy.find_mlp import activations_outlet, find_mlp, find_neurons
from forewarn.subjects.anatomy.outlets import Outlet

KINDS = ["plain", "halves", "swapped", "interleaved", "adapted", "linear"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", ["layer", "function", "none"])
def test_neurons_read_and_write_as_the_block_does(block_of, kind, norm):
    block = block_of(0.3, mlp=kind, norm=norm)
    found, module = find_mlp(block), block.harness.call.module
    assert isinstance(found, MlpWeights) and found.site == StreamSite(1, True)
    h = block.harness.random(4, 5, 16)
    pre = module.mlp.first(module.normed(h, module.two))
    gate = {"halves": pre[..., :24], "swapped": pre[..., 24:], "interleaved": pre[..., ::2]}.get(kind, pre)
    torch.testing.assert_close(found.pre(h), gate, atol=1e-4, rtol=1e-4)
    acts = module.mlp.acts(pre)
    added = 0.3 * module.mlp.last(acts)
    found_added = acts @ found.write
    torch.testing.assert_close(found_added - found_added[0, 0], added - added[0, 0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("normed", "each neuron of block 1 must depend on one row .* 24 rows for the 24 activations"),
        (
            "experts",
            "one matrix that makes all that the MLP of block 1 gives was wanted; its MLP 'mlp' has none",
        ),
    ],
)
def test_mlps_without_neurons(block_of, kind, reason):
    found = find_mlp(block_of(mlp=kind))
    assert isinstance(found, Unsupported)
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(found.reason)


def test_activations_are_there_though_what_they_add_is_not_told(block_of):
    from dataclasses import replace

    from forewarn.subjects.layout import Joint

    block = replace(block_of(), joint=Joint(None, None, False))
    outlet = activations_outlet(block)
    assert isinstance(outlet, Outlet) and outlet.map.name == "mlp.last"
    found = find_mlp(block)
    assert isinstance(found, Unsupported) and "the block adds something else" in found.reason
    bare = replace(block, mlp=None)
    assert "no MLP was found" in find_mlp(bare).reason


def test_weights_that_do_not_reproduce_the_pass_are_refused(block_of):
    block = block_of()
    maps = {m.name: m for m in block.maps}
    assert isinstance(find_neurons(block, Outlet(maps["mlp.last"], 1.0)), MlpWeights)
    wrong = find_neurons(block, Outlet(maps["mlp.last"], 1.1))
    assert isinstance(wrong, Unsupported)
    assert wrong.reason.startswith("what it adds of block 1 are not reproduced from its weights: off by")


def test_the_read_vectors_are_blind_to_what_a_layer_norm_takes_away(block_of):
    found = find_mlp(block_of())
    h = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(found.pre(h + 5.0), found.pre(h), atol=1e-4, rtol=1e-4)
