from __future__ import annotations

import numpy as np
import pytest

from forewarn.helpers import FixedOrder
from forewarn.lab.contest.entrants.simple import Ordered
from forewarn.lab.contest.entrants.walked import Walked
from forewarn.lab.game.board import Board
from forewarn.lab.game.table_game import Rules

ORDER = ("TP003", "TP003.FU001", "TP001")


@pytest.mark.parametrize(("patient", "rules"), [(False, Rules(4.0, 6.0)), (True, Rules(3.0, 9.0))])
def test_a_fixed_order_walks_as_it_plays(runs, codes, patient, rules):
    """A twin: the same order as a player."""
    some = tuple(runs.values())
    train, test = some[:48], some[48:]
    board, other = Board.of(train, codes), Board.of(test, codes)
    entrants = (
        Walked("walked", rules, FixedOrder(ORDER, patient=patient)),
        Ordered(rules, ORDER, patient),
    )
    walked, played = (each.prepare(train, board, 0).look(test, other) for each in entrants)
    assert np.allclose(walked.chance, played.chance, atol=1e-6)
    assert np.allclose(walked.spent, played.spent, atol=1e-5)
