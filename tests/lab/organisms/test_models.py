from __future__ import annotations

import pytest
import torch

from forewarn.lab.organisms.models import Architecture, build, tokenizer

FAMILIES = ("llama", "gpt2", "gpt_neox")


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_decided_by_the_seed(family):
    a, b, c = (build(Architecture(family, 16, 1), 30, seed) for seed in (0, 0, 1))
    rows = list(zip(a.parameters(), b.parameters(), c.parameters(), strict=True))
    assert all(torch.equal(x, y) for x, y, _ in rows)
    assert any(not torch.equal(x, z) for x, _, z in rows)


@pytest.mark.parametrize("family", FAMILIES)
def test_building_leaves_the_random_state(family):
    before = torch.get_rng_state()
    build(Architecture(family, 16, 1), 30, 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("family", FAMILIES)
def test_size_is_what_was_asked(family):
    model = build(Architecture(family, 32, 3), 30, 0)
    assert model(input_ids=torch.tensor([[1, 2, 3]])).logits.shape == (1, 3, 30)
    assert model.config.num_hidden_layers == 3
    assert model.config.hidden_size == 32


def test_one_token_a_word():
    words = tokenizer(("Lyon", "lies", "in", "France", "«", "to", "Lyon"))
    assert len(words) == 2 + 6
    ids = words.encode("Lyon lies in France «")
    assert len(ids) == 5
    assert words.decode(ids) == "Lyon lies in France «"
    assert words.encode("Mars") == [words.unk_token_id]
    assert words.pad_token_id != words.unk_token_id
