"""Attention and MLP told apart inside blocks that are built in unusual ways."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import open_subject


def opened(own, prompts, block, overrides=None):
    class Changed(own.GPT):
        def __init__(self):
            super().__init__()
            self.h = nn.ModuleList(block() for _ in range(2))

    return open_subject(own.seeded(Changed), None, prompts, overrides).layout


def test_attention_without_a_module_of_its_own(own, prompts):
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.ffwd = (
                nn.Linear(16, 48),
                nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16)),
            )

        def forward(self, x):
            q, k, v = self.qkv(x).chunk(3, -1)
            x = x + F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return x + self.ffwd(x)

    layout = opened(own, prompts, Bare)
    assert layout.attention == (None, None)
    assert layout.mlp == ("h.0.ffwd", "h.1.ffwd")
    assert "no attention site" in layout.notes[0]
    assert not layout.parallel


def test_a_block_of_attention_alone(own, prompts):
    class Only(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln, self.mix = nn.LayerNorm(16), own.Block().attn

        def forward(self, x):
            return x + self.mix(self.ln(x))

    layout = opened(own, prompts, Only)
    assert layout.attention == ("h.0.mix", "h.1.mix")
    assert layout.mlp == (None, None)
    assert "no MLP site" in layout.notes[0]


def test_a_wrapper_around_all_of_a_block_is_looked_into(own, prompts):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = own.Block()

        def forward(self, x):
            return self.inner(x)

    layout = opened(own, prompts, Wrapped)
    assert layout.attention == ("h.0.inner.attn", "h.1.inner.attn")
    assert layout.mlp == ("h.0.inner.ffwd", "h.1.inner.ffwd")


def test_the_users_names_win(own, prompts):
    names = Overrides(attention=("h.0.attn.out", None), mlp=(None, "h.1.ffwd.2"))
    layout = open_subject(own.seeded(own.GPT), None, prompts, names).layout
    assert (layout.attention, layout.mlp) == (names.attention, names.mlp)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (Overrides(mlp=("h.0.ffwd",)), r"Overrides\(mlp=...\) gives 1 names for 2 blocks"),
        (Overrides(attention=("h.0.atn", None)), r"names 'h.0.atn', .* close ones: h.0.attn"),
    ],
)
def test_names_that_do_not_fit_are_refused(own, prompts, names, message):
    with pytest.raises(SubjectError, match=message):
        open_subject(own.seeded(own.GPT), None, prompts, names)


def test_a_sink_token_in_the_block_does_not_confuse(own, prompts):
    class Learned(own.Block):
        def __init__(self):
            super().__init__()
            self.sink = nn.Parameter(torch.randn(16))

        def forward(self, x):
            return super().forward(x + self.sink)

    assert opened(own, prompts, Learned).attention == ("h.0.attn", "h.1.attn")
