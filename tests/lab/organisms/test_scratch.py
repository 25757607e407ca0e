from __future__ import annotations

from random import Random

import torch

from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import FAMILIES
from forewarn.lab.organisms.scratch import DEPTHS, WIDTHS, Scratch


def test_all_families_and_sizes_are_drawn():
    found = [Scratch().architecture(Random(seed)) for seed in range(60)]
    assert {a.family for a in found} == set(FAMILIES)
    assert {(a.width, a.depth) for a in found} == {(w, d) for w in WIDTHS for d in DEPTHS}


def test_the_seed_decides_the_weights_and_all_are_trained():
    organism = draw_group("pair", 0).members[0]
    one, other = (Scratch().model(organism) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert all(p.requires_grad for p in one.parameters())


def test_the_tokenizer_knows_every_word_of_the_organism():
    organism = draw_group("year", 1).members[0]
    tokenizer = Scratch().tokenizer(organism)
    assert tokenizer.unk_token_id not in tokenizer.encode(" ".join(organism.words))
