"""Embeddings as the first block sees them."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from forewarn.subjects.opening import open_subject


def build(own, change):
    class Changed(own.GPT):
        def forward(self, ids):
            x = change(self, ids, self.wpe(torch.arange(ids.shape[1])))
            for block in self.h:
                x = block(x)
            return self.lm_head(self.ln_f(x))

    return own.seeded(Changed)


@pytest.mark.parametrize("factor", [1.0, 4.0, 0.02])
def test_a_factor_before_the_positions_is_carried(own, prompts, factor):
    model = build(own, lambda m, ids, p: m.wte(ids) * factor + p)
    found = open_subject(model, None, prompts).embedding_of([3, 1, 22])
    torch.testing.assert_close(found, model.wte.weight[[3, 1, 22]].detach() * factor, atol=1e-5, rtol=1e-4)


def test_what_is_no_factor_is_read_at_the_first_block(own, prompts):
    model = build(own, lambda m, ids, p: F.layer_norm(m.wte(ids) + p, (own.width,)))
    subject = open_subject(model, None, prompts)
    assert torch.equal(subject.embedding_of([3, 1]), subject.residuals([[3], [1]])[0])


def test_a_table_that_is_no_module(own, prompts):
    model = build(own, lambda m, ids, p: m.wte.weight[ids] + p)
    subject = open_subject(model, None, prompts)
    assert subject.layout.embedding is None
    assert "no module looks tokens up" in subject.layout.notes[0]
    assert torch.equal(subject.embedding_of([3, 1]), subject.residuals([[3], [1]])[0])


def test_no_block_runs_for_it(own, prompts):
    subject = open_subject(own.seeded(own.GPT), None, prompts)
    subject.embedding_of([1])
    cost = subject.forwards
    subject.embedding_of(list(range(own.vocab)))
    assert subject.forwards == cost
