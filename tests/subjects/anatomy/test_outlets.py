"""The last matrix before the stream, and what it depends on."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.anatomy.maps import find_maps
from forewarn.subjects.anatomy.outlets import find_outlet, reach


@pytest.mark.parametrize("multiplier", [1.0, 0.3])
def test_the_outlet_of_a_part_and_its_factor(block_of, multiplier):
    block = block_of(multiplier)
    for part, name in (("attn", "attn.out"), ("mlp", "mlp.last"), ("mlp.last", "mlp.last")):
        outlet = find_outlet(block.harness, block.maps, part, multiplier)
        assert (outlet.map.name, outlet.factor) == (name, multiplier)


def test_a_zero_matrix_is_an_outlet_too(models, on_bench):
    module = models.build().blocks[0]
    with torch.no_grad():
        module.mlp.last.weight.zero_()
        harness = on_bench(module)
        outlet = find_outlet(harness, find_maps(harness, {"attn", "mlp"}), "mlp")
    assert outlet.map.name == "mlp.last" and outlet.factor == 1.0


class Between(nn.Module):
    """`after` stands between the last matrix and what the part gives."""

    def __init__(self, after):
        super().__init__()
        self.first, self.last, self.after = nn.Linear(16, 8), nn.Linear(8, 16), after

    def forward(self, x):
        return self.after(self.last(self.first(x).relu()))


@pytest.mark.parametrize(
    ("after", "factor"),
    [(nn.Dropout(), 1.0), (nn.LayerNorm(16), None), (nn.RMSNorm(16), None), (nn.Tanh(), None)],
)
@torch.no_grad()
def test_nothing_but_a_number_may_stand_between(on_bench, after, factor):
    harness = on_bench(Between(after).eval())
    outlet = find_outlet(harness, find_maps(harness, {""}), "after")
    assert (outlet and outlet.factor) == factor


class Besides(Between):
    """What the last matrix gives is not all that is given."""

    def forward(self, x):
        return self.after(x) + super().forward(x)


@torch.no_grad()
def test_nothing_may_be_given_besides(on_bench):
    harness = on_bench(Inside(Besides(nn.Identity())))
    assert find_outlet(harness, find_maps(harness, {"part"}), "part") is None
    harness = on_bench(Inside(Between(nn.Identity())))
    assert find_outlet(harness, find_maps(harness, {"part"}), "part").map.name == "part.last"


class Inside(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.part = part

    def forward(self, x):
        return self.part(x)


def test_experts_have_no_outlet(block_of):
    block = block_of(mlp="experts")
    assert find_outlet(block.harness, block.maps, "mlp") is None


def test_reach_is_what_the_activations_depend_on(block_of):
    block = block_of()
    maps = {m.name: m for m in block.maps}
    held = {"attn.out": block.harness.random(4, 5, 16)}
    assert [m.name for m in reach(block.harness, block.maps, maps["mlp.last"], held)] == ["mlp.first"]
    before = [m.name for m in reach(block.harness, block.maps, maps["mlp.last"], {})]
    assert before == ["attn.q", "attn.k", "attn.v", "attn.out", "mlp.first"]
    assert [m.name for m in reach(block.harness, block.maps, maps["attn.out"], {})] == before[:3]
