from __future__ import annotations

import pytest
import torch

from forewarn.instruments.finding import dump, load
from forewarn.instruments.paths.changes import changes
from forewarn.instruments.paths.holding import MOST_HELD, SIZES, Hold, held, holds, matched
from forewarn.instruments.paths.ranking import Path
from forewarn.instruments.search.turning import Contrast


@pytest.fixture
def liar(planted, wired):
    return wired.inputs(planted.LIAR)


@pytest.fixture
def contrast(planted):
    return Contrast(planted.LIAR.base, planted.LIAR.condition("stranger", "off"))


def test_matches_are_others_of_the_same_blocks(chain):
    neurons = ((1, 0), (2, 3), (2, 5), (1, 2))
    null = matched(chain, neurons)
    assert sorted(k for k, _ in null) == [1, 1, 2, 2]
    assert len(set(null)) == 4 and not set(null) & set(neurons)


def test_a_single_neuron_is_matched_by_the_closest_in_size(chain):
    for block in chain:
        for j in range(block.mlp.n):
            others = {i: float(block.size[i] / block.size[j]) for i in range(block.mlp.n) if i != j}
            closest = min(others, key=lambda i: max(others[i], 1 / others[i]))
            assert matched(chain, [(block.layer, j)]) == ((block.layer, closest),)


def test_where_a_block_has_no_more_there_are_fewer(chain):
    assert len(matched(chain, [(1, j) for j in range(4)])) == 2


def test_no_more_are_held_than_a_quarter(chain):
    """12 neurons in all: not even the smallest size is allowed."""
    ranked = [Path((1, i), (2, j), 1.0) for i in range(6) for j in range(6)]
    assert SIZES[0] > MOST_HELD * 12
    assert list(holds(chain, ranked)) == []


def test_holding_the_join_brings_the_truth_back(liar, planted, contrast):
    facts = planted.LIAR.facts
    [first, _] = changes(liar, facts, contrast)
    join, others = (1, first.mlp.n - 1), tuple((1, j) for j in range(3))
    found = held(liar, facts, contrast, Hold((join,), others))
    assert (sum(found.shown), sum(found.null), found.n) == (24, 0, 24)


def test_each_fact_is_held_at_its_own_base(liar, planted, contrast):
    """The true reporters hold each fact's own answer: values of another fact would not bring its truth back."""
    every = tuple((2, j) for j in range(2 * planted.LIAR.answers))
    facts = planted.LIAR.facts
    assert all(held(liar, facts, contrast, Hold(every, every)).shown)


def test_held_at_what_they_are_nothing_changes(liar, planted, contrast):
    same = Contrast(contrast.condition, contrast.condition)
    every = tuple((k, j) for k in (1, 2) for j in range(14))
    assert not any(held(liar, planted.LIAR.facts, same, Hold(every, every)).shown)


def test_a_fact_that_was_true_all_along_does_not_come_back(liar, planted, contrast):
    base = Contrast(contrast.base, contrast.base)
    assert not any(held(liar, planted.LIAR.facts, base, Hold(((1, 0),), ((1, 1),))).shown)


def test_holds_survive_a_finding():
    hold = Hold(((1, 2), (2, 0)), ((1, 3), (2, 1)))
    assert Hold.from_json(load(dump(**hold.as_json(), more=1))) == hold


def test_sizes_of_nothing_are_close_to_each_other_only(chain):
    first, second = chain
    first.after[:, 0] = first.before[:, 0]
    first.after[:, 1] = first.before[:, 1]
    assert matched((first, second), [(1, 0)]) == ((1, 1),)
    assert torch.equal(first.size[:2], torch.zeros(2, dtype=torch.float64))
