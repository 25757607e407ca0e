from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from forewarn.lab.contest.entrants.simple import BestOrder, Everything, Ordered, RandomOrder
from forewarn.lab.game.batch_policies import OrderPolicy, RandomPolicy
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.judge_fit import fit_judge, probabilities
from forewarn.lab.training.validation import worth_of

RULES = Rules(2.0, 4.0)


@pytest.fixture(scope="module")
def sides(runs, fold, codes):
    """Training and test side, each as runs and as a board."""
    sides = [tuple(run for name, run in runs.items() if name in side) for side in (fold.train, fold.test)]
    return [(side, RunBatch.of(side, codes)) for side in sides]


def looked(entrant, sides, seed=0):
    (train, batch), (test, other) = sides
    return entrant.fit(train, batch, seed).look(test, other)


def same(seen, policy, rules, sides):
    """Demands what that policy sees of the test side, judged by a judge of what it saw of the other."""
    (_, batch), (_, other) = sides
    found = rollouts(other, rules, policy)
    judge = fit_judge(batch, rollouts(batch, rules, policy))
    assert np.array_equal(seen.spent, found.spent)
    assert np.array_equal(seen.chance, probabilities(judge, other, found))


@pytest.mark.parametrize("waits", [False, True])
def test_a_fixed_order_is_asked_and_judged(sides, codes, waits):
    order = ("knowledge-gap", "latent-policy", "latent-policy/composure")
    seen = looked(Ordered(RULES, order, waits), sides)
    same(seen, OrderPolicy(codes, order, waits), RULES, sides)
    assert (seen.spent > 0).all() and (seen.spent < 10).all()


def test_chance_asks_what_it_can_pay_and_the_seed_decides(sides):
    one, again, other = (looked(RandomOrder(RULES), sides, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.chance, again.chance) and np.array_equal(one.spent, again.spent)
    assert not np.array_equal(one.chance, other.chance)
    assert (one.spent.cumsum(1) <= 2.0 * np.arange(1, 5) + 1e-3).all()


def test_chance_is_judged_by_what_it_drew_itself(sides):
    """And goes on drawing: the test side is no repetition of the training side."""
    (_, batch), (_, other) = sides
    policy = RandomPolicy(3)
    judge = fit_judge(batch, rollouts(batch, RULES, policy))
    found = rollouts(other, RULES, policy)
    assert np.array_equal(looked(RandomOrder(RULES), sides, 3).chance, probabilities(judge, other, found))


def test_asking_everything_costs_everything(sides, codes):
    seen = looked(Everything(), sides)
    assert (seen.spent == 8.0).all(), "three questions and a follow-up of 2.0 each"
    same(seen, OrderPolicy(codes, codes), Rules(1e9, 1e9), sides)


WAYS = ("hasty", "waits", "probes", "whole")


def batch_policy(batch, order, way):
    if way in ("whole", "probes"):
        paid = tuple(c for c in order if "." not in c) if way == "probes" else None
        return OrderPolicy.asked_whole(batch, order, paid)
    return OrderPolicy(batch.codes, order, way == "waits")


def worth(batch, order, way):
    """Slow: what an order comes to on the training side."""
    found = rollouts(batch, RULES, batch_policy(batch, order, way))
    return worth_of(batch, found, fit_judge(batch, found), 0.0)


FOLLOW_UP = "latent-policy/composure"


def test_the_best_order_is_the_best_of_all_on_the_training_side(sides):
    """A twin: every order of one and of two probes, with the follow-up where there is something to follow."""
    (train, batch), _ = sides
    probes = ("knowledge-gap", "observer", "latent-policy")
    orders = [
        order + (FOLLOW_UP,) * ("latent-policy" in order) for k in (1, 2) for order in permutations(probes, k)
    ]
    worths = {batch_policy(batch, order, way): worth(batch, order, way) for order in orders for way in WAYS}
    found = BestOrder(RULES, probes, (FOLLOW_UP,)).fit(train, batch, 0).policy
    assert worths[found] == max(worths.values()) > min(worths.values()) + 0.1


def test_a_follow_up_stands_behind_what_it_follows_and_nowhere_else(sides):
    (train, batch), _ = sides
    for codes, wanted in (
        (("latent-policy",), ("latent-policy", FOLLOW_UP)),
        (("knowledge-gap",), ("knowledge-gap",)),
    ):
        assert BestOrder(RULES, codes, (FOLLOW_UP,)).fit(train, batch, 0).policy.order == wanted


@pytest.mark.parametrize(
    ("strongest", "first"), [("observer", "observer"), ("latent-policy", "latent-policy")]
)
def test_it_begins_with_what_tells(recorded, strongest, first):
    """At a price that pays for one question a look, whichever it is."""
    loud, low = [0.0, 0.1, 0.5, 0.8], [0.05, 0.1, 0.05, 0.1]

    def made(name, rising, **truth):
        shown = {"observer": low, "latent-policy": low} | ({strongest: loud} if rising else {})
        looks = tuple(
            recorded.look(10 * (i + 1), 0.1, a, b)
            for i, (a, b) in enumerate(zip(*shown.values(), strict=True))
        )
        return recorded.RecordedRun(recorded.truth(name, **truth), looks)

    calm = [made(f"calm-{i}", False) for i in range(6)]
    lying = [made(f"liar-{i}", True, deceptive=True, onset=30) for i in range(4)]
    runs = (*calm, *lying)
    entrant = BestOrder(Rules(2.0, 2.0), ("knowledge-gap", "observer", "latent-policy"))
    assert entrant.fit(runs, RunBatch.of(runs, recorded.CODES), 0).policy.order[0] == first


def test_an_order_of_what_is_not_there_is_not_tried(sides):
    (train, batch), _ = sides
    found = BestOrder(RULES, ("withheld-answer", "latent-policy")).fit(train, batch, 0).policy
    assert found.order == ("latent-policy",)
