"""How blocks add to the stream, on blocks whose sum is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.finding.joints import find_joint
from forewarn.subjects.layout import Addend, Joint
from forewarn.subjects.tracing import TrialShape, trace_pass

GRID = TrialShape(2, 5)


class Flat(nn.Module):
    """A block whose MLP sees all positions in one axis, and which multiplies what it adds."""

    def __init__(self, attention, width, first=0.5, second=-2.0):
        super().__init__()
        self.norm, self.attn = nn.LayerNorm(width), attention
        self.fc1, self.fc2 = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.first, self.second = first, second

    def forward(self, x):
        x = x + self.first * self.attn(self.norm(x))
        flat = x.reshape(-1, x.shape[-1])
        return (flat + self.second * self.fc2(self.fc1(flat).relu())).reshape(x.shape)


class Inside(nn.Module):
    """Gives the block as its part, so that names are relative to a decoder."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return self.block(x)


def joint(block, own, attention="block.attn", mlp="block.ffwd"):
    x = torch.randn(2, 5, own.width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        calls, _ = trace_pass(Inside(block).eval(), x)
        call = next(c for c in calls if c.name == "block")
        return find_joint(call, attention, mlp, GRID)


@pytest.mark.parametrize("order", ["pre", "tuple"])
def test_a_sequential_block_has_a_middle(own, order):
    found = joint(own.seeded(own.Block, order), own)
    assert found == Joint(Addend("block.attn.out", 1.0), Addend("block.ffwd.2", 1.0), True)


def test_a_parallel_block_has_two_addends_and_no_middle(own):
    found = joint(own.seeded(own.Block, "parallel"), own)
    assert found == Joint(Addend("block.attn", 1.0), Addend("block.ffwd", 1.0), False)


def test_a_block_that_normalises_its_sum_adds_nothing(own):
    assert joint(own.seeded(own.Block, "post"), own) == Joint(None, None, False)


def test_multipliers_are_measured_and_a_flat_mlp_is_seen(own):
    block = own.seeded(lambda: Flat(own.Block().attn, own.width))
    found = joint(block, own, mlp="block.fc2")
    assert found.attention == Addend("block.attn.out", pytest.approx(0.5, rel=1e-4))
    assert found.mlp == Addend("block.fc2", -2.0)
    assert found.middle


class Only(nn.Module):
    """A block with one part only."""

    def __init__(self, part):
        super().__init__()
        self.norm, self.part = nn.LayerNorm(16), part

    def forward(self, x):
        return x - 0.5 * self.part(self.norm(x))


def test_a_block_may_have_one_part_only(own):
    attention = own.seeded(lambda: Only(own.Block().attn))
    found = joint(attention, own, "block.part", None)
    assert found == Joint(Addend("block.part.out", -0.5), None, False)
    mlp = own.seeded(lambda: Only(own.Block().ffwd))
    assert joint(mlp, own, None, "block.part") == Joint(None, Addend("block.part.2", -0.5), False)
    assert joint(mlp, own, None, None) == Joint(None, None, False)


class Bare(nn.Module):
    """Norms are bare functions: no part is given the middle itself."""

    def __init__(self, block):
        super().__init__()
        self.attn, self.ffwd = block.attn, block.ffwd

    def forward(self, x):
        x = x + 0.3 * self.attn(nn.functional.rms_norm(x, x.shape[-1:]))
        return x + 0.3 * self.ffwd(nn.functional.rms_norm(x, x.shape[-1:]))


def test_bare_norms_do_not_make_a_block_parallel(own):
    found = joint(own.seeded(lambda: Bare(own.Block())), own)
    assert found == Joint(Addend("block.attn", 0.3), Addend("block.ffwd", 0.3), True)
