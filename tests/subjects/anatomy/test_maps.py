"""Which parts of a block are affine maps."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.anatomy.maps import find_maps, inside, joined, names

MAPS = ["attn.q", "attn.k", "attn.v", "attn.out", "mlp.first", "mlp.last"]


def test_every_matrix_that_runs_is_one(block_of):
    assert [m.name for m in block_of().maps] == MAPS


def test_weights_are_the_module_s_own(block_of):
    block = block_of()
    for part in block.maps:
        module = block.harness.call.module.get_submodule(part.name)
        weight, bias = part.weights()
        assert torch.equal(weight, module.weight) and torch.equal(bias, module.bias)
        assert (part.size, part.width) == tuple(module.weight.shape)


def test_an_adapted_matrix_is_one_map_and_not_three(block_of):
    block = block_of(mlp="adapted")
    assert [m.name for m in block.maps] == MAPS
    weight, _ = block.maps[-1].weights()
    torch.testing.assert_close(weight, block.harness.call.module.mlp.last.whole())


def test_matrices_that_are_still_zero_are_maps(models, on_bench):
    module = models.build().blocks[0]
    with torch.no_grad():
        for part in (module.attn.out, module.mlp.last):
            part.weight.zero_()
            part.bias.zero_()
        assert [m.name for m in find_maps(on_bench(module), {"attn", "mlp"})] == MAPS


def test_what_is_to_be_skipped_is_looked_into(block_of):
    harness = block_of(mlp="linear").harness
    assert [m.name for m in find_maps(harness, {"attn"})][-1] == "mlp"
    assert [m.name for m in find_maps(harness, {"attn", "mlp"})][-1] == "mlp.last"


def test_rows_are_joined_and_those_apart_left_zero(block_of):
    q, k, v = block_of().maps[:3]
    matrix, constant = joined([q, k, v], [k])
    assert torch.equal(matrix, torch.cat([q.weights()[0], torch.zeros(16, 16), v.weights()[0]]))
    assert torch.equal(constant, torch.cat([q.weights()[1], torch.zeros(16), v.weights()[1]]))


def test_names_and_parts(block_of):
    maps = block_of().maps
    assert [m.name for m in inside(maps, "mlp")] == ["mlp.first", "mlp.last"]
    assert [m.name for m in inside(maps, "mlp.last")] == ["mlp.last"]
    assert names(maps[:2]) == "'attn.q', 'attn.k'"
    assert names([]) == "no matrix"


@pytest.mark.parametrize("n", [1, 3])
def test_a_map_takes_any_number_of_vectors(block_of, n):
    part = block_of().maps[-1]
    x = torch.randn(n, part.width, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(part(x), part.call.module(x))
