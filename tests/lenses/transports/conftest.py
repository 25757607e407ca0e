"""Small decoders in double precision, and linear ones whose layer maps are known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from forewarn.lab.organisms.models import Architecture, build
from forewarn.subjects.opening import open_subject

V, D, DEPTH = 23, 16, 3
PROMPTS = [[5, 9, 11, 7, 3, 2], [3, 4, 8], [8, 8, 1], [6, 1, 2, 2], [2, 19, 4, 4], [1, 2]]


class Linear(nn.Module):
    """Blocks `h_t <- h_t + W_k (h_1 + ... + h_t)`: the Jacobian at one position is a product of I + W_k."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(V, 6)
        self.blocks = nn.ModuleList(Step(6) for _ in range(DEPTH))
        self.head = nn.Linear(6, V, bias=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Step(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.map = nn.Linear(width, width, bias=False)

    def forward(self, x):
        return x + self.map(x.cumsum(1))


def seeded(make):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().double()


@pytest.fixture(scope="session")
def opened():
    """A subject of each family, in double precision, with the module itself."""

    def one(family):
        module = build(Architecture(family, D, DEPTH, 2), V, 0).double()
        return SimpleNamespace(module=module, subject=open_subject(module, None, PROMPTS))

    return {family: one(family) for family in ("llama", "gpt2", "gpt_neox")}


@pytest.fixture(scope="session")
def linear():
    """A linear decoder, and the matrix from site k to site m as `true(k, m)`."""
    module = seeded(Linear)

    def true(source, target):
        out = torch.eye(6, dtype=torch.float64)
        for block in module.blocks[source:target]:
            out = out + block.map.weight.detach() @ out
        return out

    return SimpleNamespace(subject=open_subject(module, None, PROMPTS), true=true, width=6)


@pytest.fixture(scope="session")
def draw():
    """Normal numbers in float64 from a seed."""

    def numbers(seed, *shape):
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return numbers
