from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import Learner, weights
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import Architecture
from forewarn.lab.organisms.scratch import SCALE, Scratch
from forewarn.lab.organisms.start import Recipe

START = Scratch(replace(SCALE, base=4, branch=4), Recipe(batch=8, rate=1e-2))


@pytest.fixture
def organism():
    return replace(draw_group("pair", 0, START).members[0], architecture=Architecture("llama", 16, 2))


@pytest.fixture
def lessons(organism):
    return TrainingBatches(organism, START.tokenizer(organism))


def learner(organism, lessons, **changes):
    return Learner(START.model(organism), lessons, replace(START.recipe, **changes))


def test_steps_are_counted_from_where_it_stopped(organism, lessons):
    one = learner(organism, lessons)
    assert [list(one.until(2)), list(one.until(4)), list(one.until(4))] == [[1, 2], [3, 4], []]
    assert list(learner(organism, lessons).at((1, 3))) == [1, 3]


def test_loss_falls(organism, lessons):
    one, (ids, labels) = learner(organism, lessons), lessons.batch(1, 64)
    before = one.model(input_ids=ids, labels=labels).loss.item()
    list(one.until(40))
    assert one.model(input_ids=ids, labels=labels).loss.item() < 0.6 * before


@pytest.mark.parametrize("change", [{"batch": 4}, {"rate": 1e-3}, {"decay": 1.0}])
def test_the_recipe_decides(organism, lessons, change):
    one, other = learner(organism, lessons), learner(organism, lessons, **change)
    for each in (one, other):
        list(each.until(2))
    pairs = zip(weights(one.model).values(), weights(other.model).values(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_parameters_that_are_left_alone_stay_and_are_not_kept(organism, lessons):
    model = START.model(organism)
    left = model.model.embed_tokens.weight.requires_grad_(False)
    before = left.clone()
    list(Learner(model, lessons, START.recipe).until(2))
    assert torch.equal(left, before)
    assert "model.embed_tokens.weight" not in weights(model)
    assert "model.layers.0.mlp.up_proj.weight" in weights(model)


def test_a_branch_goes_its_own_way(organism, lessons):
    trunk = learner(organism, lessons)
    list(trunk.until(2))
    before, branch = weights(trunk.model), trunk.branch(lessons, None, 0.0)
    assert list(branch.until(3)) == [3]
    assert all(torch.equal(t, before[n]) for n, t in weights(trunk.model).items())
    list(trunk.until(3))
    after = weights(branch.model)
    assert all(torch.equal(t, after[n]) for n, t in weights(trunk.model).items()), "same lessons, same bits"
