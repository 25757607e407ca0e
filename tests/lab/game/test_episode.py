"""A helper walks through a run as the game plays it: the same choices, at the same price."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.helpers import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.helpers.look import Look
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.policy import spent as taken
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.batch_policies import NetworkPolicy, OrderPolicy
from forewarn.lab.game.episode import episode
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.records import Evidence

RULES = (Rules(9.0, 30.0), Rules(3.0, 12.0), Rules(5.0, 5.0), Rules(5.0, 0.0), Rules(1e6, 1e6))
ORDERS = (
    ("withheld-answer", "knowledge-gap", "latent-policy", "kept-context"),
    ("latent-policy", "latent-policy/changed-context", "latent-policy/composure", "knowledge-gap"),
    (),
)


@pytest.fixture(scope="module")
def shipped():
    """Three runs of the table, the first looks of each."""
    table = load()
    return table.codes, [replace(run, looks=run.looks[:7]) for run in table.runs["related"][5::110]]


@pytest.fixture(scope="module")
def drawn(recorded):
    codes = (*recorded.CODES, *recorded.FOLLOW_UPS)
    return codes, [recorded.drawn(f"drawn-{seed}", seed) for seed in range(6)]


def by_game(batch, rules, policy):
    """Look by look: what was asked, in order, and what it cost."""
    game = VectorEnv(batch, rules, 1, shuffled=False)
    observation, over = game.reset(), False
    asked, spent = [[]], [0.0]
    while not over:
        choice = policy.choose(observation)
        turn = game.step(choice)
        if choice[0] < game.n_questions:
            asked[-1].append(int(choice[0]))
        spent[-1] += float(turn.cost[0])
        if turn.look_over[0]:
            asked.append([])
            spent.append(0.0)
        observation, over = turn.observation, bool(turn.run_over[0])
    return asked[:-1], spent[:-1]


def on_foot(helper, run, rules):
    asked, spent = [], []
    column = {question: k for k, question in enumerate(run.looks[0].questions)}
    for look in episode(helper, run, rules):
        asked.append([column[a.inquiry.question] for a in look.asked])
        spent.append(taken(a.inquiry for a in look.asked))
    return asked, spent


def same_way(helper, policy, run, codes, rules):
    """Demands it, and gives the way."""
    asked, spent = on_foot(helper, run, rules)
    other, cost = by_game(RunBatch.of([run], codes), rules, policy)
    assert asked == other
    assert spent == pytest.approx(cost, rel=1e-5)
    return asked


@pytest.mark.parametrize("rules", RULES, ids=str)
@pytest.mark.parametrize(("waits", "least"), [(False, 0.0), (True, 0.0), (True, 8.0)])
@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_an_order_is_walked_as_it_is_played(shipped, drawn, order, waits, least, rules):
    helper = FixedOrder(order, waits=waits, least=least)
    for codes, runs in (shipped, drawn):
        policy = OrderPolicy(codes, order, waits, least)
        for run in runs:
            same_way(helper, policy, run, codes, rules)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_a_network_is_walked_as_it_is_played(shipped, drawn, rules):
    """One of random weights, that would rather ask than stop."""
    ways = []
    for codes, runs in (shipped, drawn):
        for seed in range(2):
            network = Network(Sizes(codes, width=8), seed=seed)
            network.stop.bias.data += 0.2
            helper, policy = Learned(network), NetworkPolicy(network)
            ways += [same_way(helper, policy, run, codes, rules) for run in runs[:3]]
    assert any(any(way) for way in ways)


def test_follow_ups_were_on_the_way(drawn):
    """Else the twins above have seen none."""
    codes, runs = drawn
    found = {
        codes[choice % len(codes)]
        for run in runs
        for look in on_foot(FixedOrder(ORDERS[1]), run, Rules(1e6, 1e6))[0]
        for choice in look
    }
    assert found == {
        "knowledge-gap",
        "latent-policy",
        "latent-policy/composure",
        "latent-policy/changed-context",
    }


def test_each_choice_is_shown_with_what_was_seen_at_it(followed):
    first, second, third = episode(
        FixedOrder(("latent-policy", "latent-policy/composure")), followed, Rules(7.0, 20.0)
    )
    assert [look.choices[0].situation.history.looks for look in (first, second, third)] == [0, 1, 2]
    assert [(c.inquiry and c.inquiry.code, c.situation.budget) for c in first.choices] == [
        ("latent-policy", 7.0),
        (None, 3.0),
    ]
    assert [(c.inquiry and c.inquiry.code, c.situation.budget) for c in second.choices] == [
        ("latent-policy", 10.0),
        ("latent-policy/composure", 6.0),
        ("latent-policy", 4.0),
        (None, 0.0),
    ]
    assert [len(c.situation.asked) for c in second.choices] == [0, 1, 2, 3]
    assert [len(c.situation.open) for c in second.choices] == [2, 2, 1, 0]
    assert [a.inquiry for a in second.asked] == [c.inquiry for c in second.choices[:-1]]
    assert all(c.situation.known == 0.5 for c in (*first.choices, *third.choices))


def test_the_history_is_what_was_asked(followed):
    steps = list(episode(FixedOrder(("latent-policy",)), followed, Rules(4.0, 4.0)))
    histories = [step.choices[0].situation.history for step in steps]
    assert [(h.looks, h.carried) for h in histories] == [(0, 0.0), (1, 0.0), (2, 0.0)]
    assert [sorted((q[0], e.look) for q, e in h.earlier.items()) for h in histories] == [
        [],
        [("latent-policy", 0)],
        [("latent-policy", 1)],
    ]
    last_outcome = next(iter(histories[2].earlier.values())).outcome
    assert isinstance(last_outcome, Evidence) and last_outcome.interval.low == 0.6


def test_a_helper_that_never_asks_still_walks_to_the_end(followed):
    looks = list(episode(FixedOrder(()), followed, RULES[0]))
    assert [(k.asked, [c.inquiry for c in k.choices]) for k in looks] == [((), [None])] * 3
    assert all(isinstance(look, Look) for look in looks)
