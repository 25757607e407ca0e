"""Blocks of decoders that users write themselves."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import open_subject


def names(subject):
    layout = subject.layout
    return layout.embedding, layout.blocks, layout.attention, layout.mlp


GPT_PARTS = ("wte", ("h.0", "h.1"), ("h.0.attn", "h.1.attn"), ("h.0.ffwd", "h.1.ffwd"))


@pytest.mark.parametrize("order", ["pre", "post", "parallel", "tuple"])
@pytest.mark.parametrize("by_name", [False, True])
def test_an_own_gpt(own, prompts, order, by_name):
    subject = open_subject(own.seeded(own.GPT, order=order, by_name=by_name), None, prompts)
    assert names(subject) == GPT_PARTS
    assert subject.layout.parallel is (order == "parallel")


def test_the_position_table_bounds_the_prompts(own, prompts):
    assert open_subject(own.seeded(own.GPT, size=19), None, prompts).layout.max_length == 19


@pytest.mark.parametrize("batch_first", [True, False])
def test_torch_encoder_layers_under_a_causal_mask(own, prompts, batch_first):
    subject = open_subject(own.seeded(own.Encoder, batch_first), None, prompts)
    blocks = ("encoder.layers.0", "encoder.layers.1")
    attention, mlp = (tuple(f"{b}.{part}" for b in blocks) for part in ("self_attn", "linear2"))
    assert names(subject) == ("embed", blocks, attention, mlp)
    assert subject.layout.readout == ("encoder.norm",)
    assert subject.layout.time_first is not batch_first
    assert "flat" in subject.layout.notes[0]


def test_one_block_alone(own, prompts):
    subject = open_subject(own.seeded(own.OneBlock), None, prompts)
    assert names(subject) == ("embed", ("block",), ("block.attn",), ("block.ffwd",))


@pytest.mark.parametrize("build", ["GPT", "Encoder"])
def test_one_block_in_a_list(own, prompts, build):
    subject = open_subject(own.seeded(getattr(own, build), layers=1), None, prompts)
    assert subject.layout.blocks == {"GPT": ("h.0",), "Encoder": ("encoder.layers.0",)}[build]


def test_a_sequential_decoder_is_cut_into_positions_blocks_and_norm(own, prompts):
    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.randn(32, own.width))

        def forward(self, x):
            return x + self.table[: x.shape[1]]

    def build():
        body = [own.Block(), own.Block()]
        head = [nn.LayerNorm(own.width), nn.Linear(own.width, own.vocab)]
        return nn.Sequential(nn.Embedding(own.vocab, own.width), Positions(), *body, *head)

    subject = open_subject(own.seeded(build), None, prompts)
    assert subject.layout.blocks == ("2", "3")
    assert (subject.layout.readout, subject.layout.unembedding) == (("4",), "5")


def test_layers_that_are_still_zero_are_found(own, prompts):
    model = own.seeded(own.GPT)
    for block in model.h:
        nn.init.zeros_(block.attn.out.weight)
        nn.init.zeros_(block.ffwd[2].weight)
    nn.init.zeros_(model.lm_head.weight)
    subject = open_subject(model, None, prompts)
    assert names(subject) == GPT_PARTS
    assert float(subject.logits(prompts).abs().max()) == 0.0


def test_shared_blocks_are_refused(own, prompts):
    model = own.seeded(own.GPT)
    model.h[1] = model.h[0]
    with pytest.raises(SubjectError, match=r"block 'h.0' runs 2 times in a pass .* needs each to run once"):
        open_subject(model, None, prompts)


class Skipping(nn.Module):
    """Adds the embedding between blocks, so that no block is given what the one before gave."""

    def __init__(self, gpt):
        super().__init__()
        self.gpt = gpt

    def forward(self, ids):
        first = x = self.gpt.wte(ids)
        for block in self.gpt.h:
            x = block(x + first)
        return self.gpt.lm_head(self.gpt.ln_f(x))


def test_a_broken_chain_is_refused_until_the_blocks_are_named(own, prompts):
    model = Skipping(own.seeded(own.GPT))
    with pytest.raises(SubjectError, match=r"no modules lead from .* Overrides\(blocks=\.\.\., norm="):
        open_subject(model, None, prompts)
    blocks = ("gpt.h.0", "gpt.h.1")
    subject = open_subject(model, None, prompts, Overrides(blocks=blocks))
    assert subject.layout.blocks == blocks


def test_an_override_that_names_nothing_says_what_is_near(own, prompts):
    with pytest.raises(SubjectError, match=r"names 'h\.O'.*GPT does not have.*close ones: .*h\.0"):
        open_subject(own.seeded(own.GPT), None, prompts, Overrides(blocks=("h.O",)))


def test_a_block_that_is_no_stream_is_refused(own, prompts):
    with pytest.raises(SubjectError, match=r"takes \[2, 6, 16\] and gives \[2, 6, 64\].*same \[B, T, d\]"):
        open_subject(own.seeded(own.GPT), None, prompts, Overrides(blocks=("h.0.ffwd.0",)))
