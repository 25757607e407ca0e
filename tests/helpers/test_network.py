from __future__ import annotations

import pytest
import torch

from forewarn.helpers.encoding import GLOBAL, Encoding
from forewarn.helpers.network import Network, Sizes

SIZES = Sizes(("knowledge-gap", "latent-policy"), width=16)
F, N, C = Encoding(SIZES.codes).n_candidate, 3, 5


@pytest.fixture
def network():
    return Network(SIZES, seed=1)


@pytest.fixture
def situation():
    draw = torch.Generator().manual_seed(0)
    candidates = torch.rand(N, C, F, generator=draw)
    whole = torch.rand(N, len(GLOBAL), generator=draw)
    open_ = torch.tensor([[1, 1, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]], dtype=torch.bool)
    return candidates, whole, open_


def test_what_is_not_open_cannot_be_chosen_and_stopping_always_can(network, situation):
    logits, value = network(*situation)
    assert logits.shape == (N, C + 1)
    assert value.shape == (N,)
    assert torch.equal(logits.isfinite(), torch.cat([situation[2], torch.ones(N, 1, dtype=torch.bool)], 1))


def test_the_order_of_questions_does_not_matter(network, situation):
    candidates, whole, open_ = situation
    order = torch.tensor([3, 0, 4, 1, 2])
    logits, value = network(*situation)
    other, same = network(candidates[:, order], whole, open_[:, order])
    assert torch.allclose(other[:, :-1], logits[:, order], atol=1e-5)
    assert torch.allclose(other[:, -1], logits[:, -1], atol=1e-5)
    assert torch.allclose(same, value, atol=1e-5)


def test_rows_that_are_no_questions_change_nothing(network, situation):
    candidates, whole, open_ = situation
    padded = torch.cat([candidates, torch.zeros(N, 4, F)], 1)
    closed = torch.cat([open_, torch.zeros(N, 4, dtype=torch.bool)], 1)
    logits, value = network(*situation)
    other, same = network(padded, whole, closed)
    assert torch.allclose(other[:, :C], logits[:, :C], atol=1e-5)
    assert torch.allclose(other[:, -1], logits[:, -1], atol=1e-5)
    assert torch.allclose(same, value, atol=1e-5)


def test_what_came_of_one_question_moves_the_others(network, situation):
    candidates, whole, open_ = situation
    changed = candidates.clone()
    changed[:, 0] += 1.0
    assert not torch.allclose(network(changed, whole, open_)[0][:, -1], network(*situation)[0][:, -1])


def test_the_seed_decides_and_the_callers_random_state_stays():
    before = torch.get_rng_state()
    one, two, other = (Network(SIZES, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
