from __future__ import annotations

import numpy as np
import pytest

from forewarn.helpers import FixedOrder, Situation
from forewarn.helpers.network import Network, Sizes
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.batch_policies import NetworkPolicy, OrderPolicy, RandomPolicy
from forewarn.lab.game.debate import BestAnswer
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.stats.calibration import Logistic

CODES = ("knowledge-gap", "latent-policy")


RULES = Rules(5.0, 10.0)


def choices(batch, policy, rules=RULES):
    """Of the liar's first look, one after the other."""
    game = VectorEnv(batch.only([0]), rules, 1, shuffled=False)
    observation, found, over = game.reset(), [], False
    while not over:
        choice = policy.choose(observation)
        turn = game.step(choice)
        found.append(int(choice[0]))
        over, observation = bool(turn.look_over[0]), turn.observation
    return found


@pytest.mark.parametrize(
    ("order", "waits", "allowance", "found"),
    [
        (("latent-policy", "knowledge-gap"), False, 5.0, [2, 0, 1]),
        (("knowledge-gap", "latent-policy"), False, 5.0, [0, 2, 1]),
        (("latent-policy",), False, 5.0, [2, 3]),
        (("latent-policy", "knowledge-gap"), False, 1.0, [0, 1]),
        (("latent-policy", "knowledge-gap"), True, 1.0, [3]),
        (("a-stranger",), True, 5.0, [3]),
    ],
)
def test_an_order_is_kept(batch, order, waits, allowance, found):
    assert choices(batch, OrderPolicy(CODES, order, waits), Rules(allowance, 10.0)) == found


def test_whole_is_the_price_of_each_code_once(follow_up_board):
    order = ("latent-policy", "latent-policy/composure", "a-stranger")
    policy = OrderPolicy.asked_whole(follow_up_board, order)
    assert (policy.order, policy.waits, policy.least) == (order, True, 6.0)


@pytest.mark.parametrize(("allowance", "found"), [(5.9, [3]), (6.0, [2, 3]), (1e9, [2, 3])])
def test_with_less_than_the_least_nothing_is_begun(batch, allowance, found):
    assert choices(batch, OrderPolicy(CODES, ("latent-policy",), True, 6.0), Rules(allowance, 10.0)) == found


def test_what_was_begun_goes_on(batch):
    """5.0 after 6.0 were there is less than what begins, and enough for the rest."""
    assert choices(
        batch, OrderPolicy(CODES, ("knowledge-gap", "latent-policy"), True, 6.0), Rules(6.0, 10.0)
    ) == [0, 2, 1]


@pytest.mark.parametrize("waits", [False, True])
def test_it_plays_as_the_helper_asks(waits):
    """A twin: the helper of the same order, at the first look of a recorded run."""
    table = load()
    run, order = (
        table.runs["related"][3],
        ("withheld-answer", "knowledge-gap", "latent-policy", "kept-context"),
    )
    policy, helper = OrderPolicy(table.codes, order, waits), FixedOrder(order, waits=waits)
    game = VectorEnv(RunBatch.of([run], table.codes), Rules(14.0, 14.0), 1, shuffled=False)
    inquiries = [answer.inquiry for answer in run.looks[0].answers]
    observation, now, over = game.reset(), Situation(tuple(inquiries), (), 14.0), False
    while (wanted := helper.next(now)) is not None:
        choice = policy.choose(observation)
        assert inquiries[choice[0]] is wanted
        turn = game.step(choice)
        observation, over = turn.observation, bool(turn.look_over[0])
        left = tuple(i for i in now.open if i is not wanted)
        asked = (*now.asked, type("Asked", (), {"inquiry": wanted, "outcome": None})())
        now = Situation(left, asked, now.budget - wanted.price(now.asked))
    assert over or policy.choose(observation)[0] == len(inquiries)


def test_random_draws_what_is_open_and_never_stops_before(batch):
    policy = RandomPolicy(0)
    assert {tuple(sorted(choices(batch, policy))) for _ in range(10)} == {(0, 1, 2)}
    assert len({tuple(choices(batch, policy)) for _ in range(20)}) > 1


def test_a_network_plays_greedily(batch):
    network = Network(Sizes(CODES, width=8), seed=3)
    policy = NetworkPolicy(network)
    assert choices(batch, policy) == choices(batch, policy)


def test_every_run_is_played_once(batch, liar):
    everything = rollouts(batch, Rules(99.0, 99.0), OrderPolicy(CODES, CODES))
    assert everything.spent.tolist() == [[5.0, 5.0, 5.0], [1.0, 1.0, 0.0]]
    assert everything.features[0].tolist() == [pytest.approx(row) for row in ([0, 0], [0.1, 0.6], [0, 0.7])]
    assert not everything.features[1].any()
    nothing = rollouts(batch, Rules(99.0, 99.0), OrderPolicy(CODES, ()))
    assert not nothing.spent.any()
    assert not np.any(nothing.features)


def test_every_run_is_debated_where_the_rules_say_so(follow_up_board):
    judge = Logistic((0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 0.0)
    order = OrderPolicy(follow_up_board.codes, ("latent-policy",))
    found = rollouts(follow_up_board, Rules(99.0, 99.0, answers=1), order, BestAnswer(judge))
    assert found.spent.tolist() == [[8.0, 10.0, 10.0], [4.0, 4.0, 4.0]]
    assert found.features[0].tolist() == [
        pytest.approx(row) for row in ([0, 0, 0, 0, 0, 0], [0, 0.6, 0.5, 0, 0, -0.1], [0, 0.7, 0, 0, 0, -0.7])
    ]
    assert not found.features[1][:, 3:].any()
