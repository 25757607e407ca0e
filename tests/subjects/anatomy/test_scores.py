"""Queries, keys and their rotation, on attention written by hand."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.anatomy import Rotary
from forewarn.subjects.anatomy.mixing import find_mixing
from forewarn.subjects.anatomy.outlets import reach
from forewarn.subjects.anatomy.scores import AttentionScores, ScoreForm, find_scores, form_of, predicted
from forewarn.subjects.anatomy.wiring import Feed


def scored(block, guess=None):
    outlet = next(m for m in block.maps if m.name == "attn.out")
    feed = Feed(block.harness, reach(block.harness, block.maps, outlet, {}), "attn.out", {})
    return find_scores(feed, find_mixing(feed), guess)


def test_rows_of_queries_and_keys_by_head(block_of):
    found = scored(block_of())
    assert isinstance(found, AttentionScores)
    assert torch.equal(found.queries, torch.arange(16).reshape(4, 4))
    assert torch.equal(found.keys, 16 + found.queries)
    assert found.form.rotary is None and found.form.scale == 0.5


def test_shared_keys_are_repeated(block_of):
    found = scored(block_of(attention="shared"))
    assert torch.equal(found.keys, 16 + torch.arange(4).expand(4, 4))


@pytest.mark.parametrize(
    ("kind", "pairs", "frequencies"),
    [("half", [[0, 2], [1, 3]], [1.0, 1e-6]), ("pairs", [[0, 1]], [0.9])],
)
def test_rotation_is_measured_however_slow_it_is(block_of, kind, pairs, frequencies):
    rotary = scored(block_of(attention=kind)).form.rotary
    assert rotary.pairs.tolist() == pairs
    torch.testing.assert_close(rotary.frequencies, torch.tensor(frequencies).double(), atol=0, rtol=1e-5)


def test_a_wrong_guess_is_not_taken(block_of):
    wrong = ScoreForm(Rotary(torch.tensor([[0, 1]]), torch.tensor([0.5])), 0.5)
    assert scored(block_of(), wrong).form.rotary is None
    right = ScoreForm(None, 0.5)
    assert scored(block_of(), right).form is right
    assert scored(block_of(), ScoreForm(None, 0.45)).form.scale == 0.5


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("capped", "not linear in the queries"),
        ("alibi", "a bias by position"),
        ("normed", "queries are normalised"),
        ("shifted", "queries are normalised"),
        ("uniform", "depend on no query"),
    ],
)
def test_scores_that_are_no_product(block_of, kind, reason):
    assert reason in scored(block_of(attention=kind))


def test_forms_that_turn_no_pairs():
    generator = torch.Generator().manual_seed(0)
    assert form_of(torch.randn(4, 4, generator=generator, dtype=torch.float64)) is None
    assert form_of(torch.diag(torch.tensor([1.0, 2.0]).double())) is None
    assert form_of(torch.zeros(2, 2).double()) is None
    cycle = torch.eye(3).roll(1, 0).double() + torch.eye(3)
    assert form_of(cycle) is None


def test_a_rotation_gives_back_its_form():
    form = ScoreForm(Rotary(torch.tensor([[0, 3]]), torch.tensor([0.3], dtype=torch.float64)), 0.25)
    columns = form.rotary.turn(torch.eye(4, dtype=torch.float64), -1)
    found = form_of(0.25 * columns.T)
    assert found.scale == 0.25 and found.rotary.pairs.tolist() == [[0, 3]]
    torch.testing.assert_close(found.rotary.frequencies, form.rotary.frequencies)


def test_predicted_weights_are_the_softmax_of_the_form():
    form = ScoreForm(Rotary(torch.tensor([[0, 1]]), torch.tensor([0.3], dtype=torch.float64)), 0.7)
    rows = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = predicted(form, rows, torch.tensor([[0, 1]]), torch.tensor([[2, 3]]))
    for t in range(3):
        scores = [
            0.7 * form.rotary.turn(rows[0, t, :2], t) @ form.rotary.turn(rows[0, s, 2:], s)
            for s in range(t + 1)
        ]
        torch.testing.assert_close(found[: t + 1, 0, t, 0], torch.stack(scores).softmax(0))
        assert not found[t + 1 :, 0, t].any()
