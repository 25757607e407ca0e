from __future__ import annotations

import numpy as np
import pytest

from forewarn.helpers import FixedOrder, Inquiry, Situation
from forewarn.helpers.network import Network, Sizes
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.board import Board
from forewarn.lab.game.debate import BestAnswer
from forewarn.lab.game.players import NetworkPlayer, OrderPlayer, RandomPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.table_game import Rules, TableGame
from forewarn.records import Site
from forewarn.stats.calibration import Logistic

CODES = ("TP001", "TP003")


RULES = Rules(5.0, 10.0)


def choices(board, player, rules=RULES):
    """Of the liar's first look, one after the other."""
    game = TableGame(board.only([0]), rules, 1, shuffled=False)
    seen, found, over = game.reset(), [], False
    while not over:
        choice = player.choose(seen)
        turn = game.step(choice)
        found.append(int(choice[0]))
        over, seen = bool(turn.look_over[0]), turn.seen
    return found


@pytest.mark.parametrize(
    ("order", "patient", "allowance", "found"),
    [
        (("TP003", "TP001"), False, 5.0, [2, 0, 1]),
        (("TP001", "TP003"), False, 5.0, [0, 2, 1]),
        (("TP003",), False, 5.0, [2, 3]),
        (("TP003", "TP001"), False, 1.0, [0, 1]),
        (("TP003", "TP001"), True, 1.0, [3]),
        (("TP999",), True, 5.0, [3]),
    ],
)
def test_an_order_is_kept(board, order, patient, allowance, found):
    assert choices(board, OrderPlayer(CODES, order, patient), Rules(allowance, 10.0)) == found


def test_whole_is_the_price_of_each_code_once(follow_up_board):
    order = ("TP003", "TP003.FU001", "TP999")
    player = OrderPlayer.asked_whole(follow_up_board, order)
    assert (player.order, player.patient, player.least) == (order, True, 6.0)


@pytest.mark.parametrize(("allowance", "found"), [(5.9, [3]), (6.0, [2, 3]), (1e9, [2, 3])])
def test_with_less_than_the_least_nothing_is_begun(board, allowance, found):
    assert choices(board, OrderPlayer(CODES, ("TP003",), True, 6.0), Rules(allowance, 10.0)) == found


def test_what_was_begun_goes_on(board):
    """5.0 after 6.0 were there is less than what begins, and enough for the rest."""
    assert choices(board, OrderPlayer(CODES, ("TP001", "TP003"), True, 6.0), Rules(6.0, 10.0)) == [0, 2, 1]


@pytest.mark.parametrize("patient", [False, True])
def test_it_plays_as_the_helper_asks(patient):
    """A twin: the helper of the same order, at the first look of a recorded run."""
    table = load()
    run, order = table.runs["K1"][3], ("TP009", "TP001", "TP003", "TP005")
    player, helper = OrderPlayer(table.codes, order, patient), FixedOrder(order, patient=patient)
    game = TableGame(Board.of([run], table.codes), Rules(14.0, 14.0), 1, shuffled=False)
    inquiries = [
        Inquiry(f.code, Site(f.layer, f.depth, f.component, f.token), f.cost, f.shared)
        for f in run.looks[0].findings
    ]
    seen, now, over = game.reset(), Situation(tuple(inquiries), (), 14.0), False
    while (wanted := helper.next(now)) is not None:
        choice = player.choose(seen)
        assert inquiries[choice[0]] is wanted
        turn = game.step(choice)
        seen, over = turn.seen, bool(turn.look_over[0])
        left = tuple(i for i in now.open if i is not wanted)
        asked = (*now.asked, type("Asked", (), {"inquiry": wanted, "outcome": None})())
        now = Situation(left, asked, now.budget - wanted.price(now.asked))
    assert over or player.choose(seen)[0] == len(inquiries)


def test_random_draws_what_is_open_and_never_stops_before(board):
    player = RandomPlayer(0)
    assert {tuple(sorted(choices(board, player))) for _ in range(10)} == {(0, 1, 2)}
    assert len({tuple(choices(board, player)) for _ in range(20)}) > 1


def test_a_network_plays_greedily(board):
    network = Network(Sizes(CODES, width=8), seed=3)
    player = NetworkPlayer(network)
    assert choices(board, player) == choices(board, player)


def test_every_run_is_played_once(board, liar):
    everything = played(board, Rules(99.0, 99.0), OrderPlayer(CODES, CODES))
    assert everything.spent.tolist() == [[5.0, 5.0, 5.0], [1.0, 1.0, 0.0]]
    assert everything.features[0].tolist() == [pytest.approx(row) for row in ([0, 0], [0.1, 0.6], [0, 0.7])]
    assert not everything.features[1].any()
    nothing = played(board, Rules(99.0, 99.0), OrderPlayer(CODES, ()))
    assert not nothing.spent.any()
    assert not np.any(nothing.features)


def test_every_run_is_debated_where_the_rules_say_so(follow_up_board):
    judge = Logistic((0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 0.0)
    order = OrderPlayer(follow_up_board.codes, ("TP003",))
    found = played(follow_up_board, Rules(99.0, 99.0, answers=1), order, BestAnswer(judge))
    assert found.spent.tolist() == [[8.0, 10.0, 10.0], [4.0, 4.0, 4.0]]
    assert found.features[0].tolist() == [
        pytest.approx(row) for row in ([0, 0, 0, 0, 0, 0], [0, 0.6, 0.5, 0, 0, -0.1], [0, 0.7, 0, 0, 0, -0.7])
    ]
    assert not found.features[1][:, 3:].any()
