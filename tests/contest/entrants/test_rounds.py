from __future__ import annotations

import numpy as np
import pytest

from forewarn.contest.entrants.rounds import Rounds, price
from forewarn.evaluation.shipped import load
from forewarn.game.board import Board
from forewarn.game.table_game import Rules

ORDER = ("TP003", "TP009")


@pytest.fixture(scope="module")
def runs():
    table = load()
    return tuple(table.runs["K1"][::6]), table.codes


@pytest.fixture(scope="module")
def looked(runs):
    chosen, codes = runs
    board = Board.of(chosen, codes)
    return board, Rounds(Rules(2.0, 24.0), ORDER).prepare(chosen, board, 0).look(chosen, board)


def test_a_round_costs_what_its_questions_cost(looked):
    board, _ = looked
    assert price(board, ORDER) == pytest.approx(14.0)
    assert price(board, (*ORDER, "XY001")) == pytest.approx(14.0)


def test_a_look_asks_the_whole_round_or_nothing(looked):
    _, seen = looked
    assert set(np.unique(seen.spent)) == {0.0, 14.0}


def test_it_asks_as_soon_as_it_has_saved_enough(looked):
    board, seen = looked
    first = (seen.spent > 0).argmax(1)
    assert set(first[board.looks == 20].tolist()) == {6}, "2 passes a look make 14 at the seventh"


def test_what_it_asks_tells(looked):
    board, seen = looked
    greatest = seen.chance.max(1)
    assert np.median(greatest[board.deceptive]) > 0.9
    assert np.median(greatest[~board.deceptive]) < 0.5
