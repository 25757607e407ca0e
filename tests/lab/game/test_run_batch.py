from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.errors import ConfigurationError
from forewarn.helpers.encoding import ANSWER
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.run_batch import RunBatch


def column(batch, name):
    return batch.answer[..., ANSWER.index(name)]


def test_runs_of_any_size_are_padded(batch):
    assert batch.code.tolist() == [[0, 0, 1], [0, 0, -1]]
    assert batch.cost.tolist() == [[0.5, 0.5, 4.0], [0.5, 0.5, 0.0]]
    assert batch.looks.tolist() == [3, 2]
    assert not batch.answer[1, :, 2].any()
    assert not batch.answer[1, 2].any()
    assert batch.place[0, 0].any()
    assert not batch.place[1, 2].any()


def test_answers_are_what_was_found(batch):
    assert column(batch, "explored")[0, 1].tolist() == pytest.approx([0.3, 0.5, 0.9])
    assert column(batch, "low")[0, 2].tolist() == pytest.approx([-0.1, 0.0, 0.7])
    assert column(batch, "evidence")[0, 2].tolist() == [1, 0, 1]
    assert column(batch, "unable")[1, 1].tolist() == [0, 1, 0]
    assert column(batch, "asked")[1, 1].tolist() == [1, 1, 0]


def test_truth_is_told_by_look(batch):
    assert batch.deceptive.tolist() == [True, False]
    assert batch.onset.tolist() == [1, 2], "of an honest run: never"


def test_a_look_that_failed_or_knew_too_little_is_not_able(make_run, liar):
    ignorant = make_run("ignorant", (None, None), known=3)
    broken = make_run("broken", (None, "failed"))
    assert RunBatch.of([ignorant, broken, liar], ("knowledge-gap", "latent-policy")).able.tolist() == [
        [False, False, False],
        [False, False, False],
        [True, True, True],
    ]


def test_other_questions_at_another_look_are_refused(liar):
    changed = replace(liar.looks[1], answers=liar.looks[1].answers[:2])
    with pytest.raises(ConfigurationError, match="liar was not asked the same questions at every look"):
        RunBatch.of([replace(liar, looks=(liar.looks[0], changed))], ("knowledge-gap", "latent-policy"))


def test_a_follow_up_knows_what_it_follows_at_its_own_site(follow_up_board):
    assert follow_up_board.code.tolist() == [[1, 2, 1, 2], [0, 0, 1, -1]]
    assert follow_up_board.parent.tolist() == [[-1, 0, -1, 2], [-1] * 4]
    assert follow_up_board.only([1]).parent.tolist() == [[-1] * 4]


def test_some_runs_can_be_chosen(batch):
    one = batch.only([1])
    assert one.names == ("honest",)
    assert np.array_equal(one.answer, batch.answer[[1]])


def test_the_shipped_table_fits():
    table = load()
    runs = table.runs["related"]
    batch = RunBatch.of(runs, table.codes)
    assert batch.names == tuple(run.truth.name for run in runs)
    assert np.isfinite(batch.answer).all()
