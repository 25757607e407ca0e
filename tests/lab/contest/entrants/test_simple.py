from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from forewarn.lab.contest.entrants.simple import BestOrder, Drawn, Everything, Ordered
from forewarn.lab.game.board import Board
from forewarn.lab.game.players import OrderPlayer, RandomPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.table_game import Rules
from forewarn.lab.training.judging import judge_of, probabilities
from forewarn.lab.training.watching import worth_of

RULES = Rules(2.0, 4.0)


@pytest.fixture(scope="module")
def sides(runs, fold, codes):
    """Training and test side, each as runs and as a board."""
    sides = [tuple(run for name, run in runs.items() if name in side) for side in (fold.train, fold.test)]
    return [(side, Board.of(side, codes)) for side in sides]


def looked(entrant, sides, seed=0):
    (train, board), (test, other) = sides
    return entrant.prepare(train, board, seed).look(test, other)


def same(seen, player, rules, sides):
    """Demands what that player sees of the test side, judged by a judge of what it saw of the other."""
    (_, board), (_, other) = sides
    found = played(other, rules, player)
    judge = judge_of(board, played(board, rules, player))
    assert np.array_equal(seen.spent, found.spent)
    assert np.array_equal(seen.chance, probabilities(judge, other, found))


@pytest.mark.parametrize("patient", [False, True])
def test_a_fixed_order_is_asked_and_judged(sides, codes, patient):
    order = ("TP001", "TP003", "TP003.FU001")
    seen = looked(Ordered(RULES, order, patient), sides)
    same(seen, OrderPlayer(codes, order, patient), RULES, sides)
    assert (seen.spent > 0).all() and (seen.spent < 10).all()


def test_chance_asks_what_it_can_pay_and_the_seed_decides(sides):
    one, again, other = (looked(Drawn(RULES), sides, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.chance, again.chance) and np.array_equal(one.spent, again.spent)
    assert not np.array_equal(one.chance, other.chance)
    assert (one.spent.cumsum(1) <= 2.0 * np.arange(1, 5) + 1e-3).all()


def test_chance_is_judged_by_what_it_drew_itself(sides):
    """And goes on drawing: the test side is no repetition of the training side."""
    (_, board), (_, other) = sides
    player = RandomPlayer(3)
    judge = judge_of(board, played(board, RULES, player))
    found = played(other, RULES, player)
    assert np.array_equal(looked(Drawn(RULES), sides, 3).chance, probabilities(judge, other, found))


def test_asking_everything_costs_everything(sides, codes):
    seen = looked(Everything(), sides)
    assert (seen.spent == 8.0).all(), "three questions and a follow-up of 2.0 each"
    same(seen, OrderPlayer(codes, codes), Rules(1e9, 1e9), sides)


WAYS = ("hasty", "patient", "probes", "whole")


def player_of(board, order, way):
    if way in ("whole", "probes"):
        paid = tuple(c for c in order if "." not in c) if way == "probes" else None
        return OrderPlayer.asked_whole(board, order, paid)
    return OrderPlayer(board.codes, order, way == "patient")


def worth(board, order, way):
    """Slow: what an order comes to on the training side."""
    found = played(board, RULES, player_of(board, order, way))
    return worth_of(board, found, judge_of(board, found), 0.0)


FOLLOW_UP = "TP003.FU001"


def test_the_best_order_is_the_best_of_all_on_the_training_side(sides):
    """A twin: every order of one and of two probes, with the follow-up where there is something to follow."""
    (train, board), _ = sides
    probes = ("TP001", "TP002", "TP003")
    orders = [order + (FOLLOW_UP,) * ("TP003" in order) for k in (1, 2) for order in permutations(probes, k)]
    worths = {player_of(board, order, way): worth(board, order, way) for order in orders for way in WAYS}
    found = BestOrder(RULES, probes, (FOLLOW_UP,)).prepare(train, board, 0).player
    assert worths[found] == max(worths.values()) > min(worths.values()) + 0.1


def test_a_follow_up_stands_behind_what_it_follows_and_nowhere_else(sides):
    (train, board), _ = sides
    for codes, wanted in ((("TP003",), ("TP003", FOLLOW_UP)), (("TP001",), ("TP001",))):
        assert BestOrder(RULES, codes, (FOLLOW_UP,)).prepare(train, board, 0).player.order == wanted


@pytest.mark.parametrize(("telling", "first"), [("TP002", "TP002"), ("TP003", "TP003")])
def test_it_begins_with_what_tells(recorded, telling, first):
    """At a price that pays for one question a look, whichever it is."""
    loud, low = [0.0, 0.1, 0.5, 0.8], [0.05, 0.1, 0.05, 0.1]

    def made(name, rising, **truth):
        shown = {"TP002": low, "TP003": low} | ({telling: loud} if rising else {})
        looks = tuple(
            recorded.look(10 * (i + 1), 0.1, a, b)
            for i, (a, b) in enumerate(zip(*shown.values(), strict=True))
        )
        return recorded.Run(recorded.nature(name, **truth), looks)

    calm = [made(f"calm-{i}", False) for i in range(6)]
    lying = [made(f"liar-{i}", True, deceptive=True, onset=30) for i in range(4)]
    runs = (*calm, *lying)
    entrant = BestOrder(Rules(2.0, 2.0), ("TP001", "TP002", "TP003"))
    assert entrant.prepare(runs, Board.of(runs, recorded.CODES), 0).player.order[0] == first


def test_an_order_of_what_is_not_there_is_not_tried(sides):
    (train, board), _ = sides
    found = BestOrder(RULES, ("TP009", "TP003")).prepare(train, board, 0).player
    assert found.order == ("TP003",)
