from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
import torch

from forewarn.helpers import FixedOrder
from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import NetworkPolicy, RandomPolicy
from forewarn.lab.game.debate import BestAnswer, Silent
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.actor_critic import ReinforceSettings
from forewarn.lab.training.cloning import Cloning, clone
from forewarn.lab.training.demonstrations import of_helper
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.trainer import Trainer, TrainingPlan, _evened
from forewarn.lab.training.validation import errors, worth_of

PLAIN, DEBATED = Rules(3.0, 6.0), Rules(4.0, 8.0, answers=1)


@pytest.fixture(scope="module")
def batch(recorded):
    """Claims of which only a follow-up tells which are true."""
    return RunBatch.of(recorded.disputed(5, 4), (*recorded.CODES, recorded.FOLLOW_UPS[0]))


@pytest.fixture(scope="module")
def held_out(recorded):
    """Those whose claims tell."""
    runs = [recorded.pursued(run, None) for run in recorded.population(4, 4)]
    return RunBatch.of(runs, (*recorded.CODES, recorded.FOLLOW_UPS[0]))


def course(rules=PLAIN, rate=1e-2, updates=4, seed=0, **changes):
    reinforcement = ReinforceSettings(updates=updates, turns=4, rate=rate, discount=0.97, seed=seed)
    return TrainingPlan(
        rules,
        Calibrated(),
        reinforcement=reinforcement,
        **({"rounds": 1, "games": 8, "width": 8, "every": 2} | changes),
    )


DEAR = Rules(4.0, 8.0)
"""A claim and its follow-up can be paid at every look."""


@pytest.fixture
def expert(batch, recorded):
    """Cloned from a helper that asks what tells, and nothing else."""
    order = FixedOrder(("latent-policy", "latent-policy/composure"))
    shown = list(of_helper(order, recorded.disputed(5, 4), DEAR))
    return clone(shown, (), batch.codes, Cloning(epochs=80, rate=1e-2, width=8, doubt=0.0))


def learned(batch, plan, network=None, held_out=None):
    pupil = Trainer(batch, plan, network, held_out)
    checks = list(pupil.learn())
    assert pupil.result.checks == tuple(checks)
    return pupil.result


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("every", "checked"),
    [(2, [0, 2, 4, 4, 6, 8]), (3, [0, 3, 4, 4, 7, 8]), (25, [0, 4, 4, 8])],
)
def test_checks_are_made_every_so_often_and_where_a_round_begins_and_ends(batch, every, checked):
    checks = learned(batch, course(rounds=2, every=every)).checks
    assert [check.update for check in checks] == checked
    begun = [at in (0, before) for before, at in pairwise([-1, *checked])]
    assert [check.reward == 0.0 for check in checks] == begun


def passed_through(batch, rules, rate, seed):
    """A pupil that has learned, and the network and worth of each check on the way."""
    network = Network(Sizes(batch.codes, 8), seed)
    pupil = Trainer(batch, course(rules, rate, seed=seed, rounds=2), network)
    return pupil, [(weights(network), check.worth) for check in pupil.learn()]


def test_what_is_kept_is_the_best_that_it_passed_through(batch):
    bests = set()
    for seed in range(4):
        pupil, passed = passed_through(batch, PLAIN, (1e-2, 0.3)[seed % 2], seed)
        worths = [worth for _, worth in passed]
        best = worths.index(max(worths))
        assert same(weights(pupil.result.network), passed[best][0])
        bests.add(best)
    assert len(bests) > 1, "it is not always the same place on the way"


@pytest.mark.parametrize("rules", [PLAIN, DEBATED], ids=["plain", "debated"])
def test_its_judge_and_defender_are_those_of_the_network_that_is_kept(batch, rules):
    pupil, passed = passed_through(batch, rules, 0.3, seed=0)
    found, worth = pupil.result, max(worth for _, worth in passed)
    own = rollouts(batch, rules, NetworkPolicy(found.network), found.defender)
    assert found.judge == fit_judge(batch, own)
    assert worth_of(batch, own, found.judge, course().prices.question) == pytest.approx(worth)
    check = next(check for check in found.checks if check.worth == worth)
    assert errors(batch, own, found.judge) == check.learned == check.held_out


def test_the_best_so_far_can_be_had_on_the_way(batch):
    pupil, worths = Trainer(batch, course(rate=0.3)), []
    for check in pupil.learn():
        worths.append(check.worth)
        assert [each.worth for each in pupil.result.checks] == worths


def test_a_helper_that_reinforcement_ruins_is_kept_as_it_began(batch, expert):
    begun = weights(expert)
    found = learned(batch, course(DEAR, rate=30.0), expert)
    assert found.checks[0].worth > -0.1
    assert max(check.worth for check in found.checks[1:]) <= found.checks[0].worth
    assert same(weights(found.network), begun)
    assert not same(weights(expert), begun), "the network that was given went on as one object"


@pytest.mark.parametrize("rules", [PLAIN, DEBATED], ids=["plain", "debated"])
def test_runs_that_are_held_out_decide_nothing(batch, held_out, rules):
    alone, watched = (learned(batch, course(rules, rate=0.3), held_out=other) for other in (None, held_out))
    assert same(weights(alone.network), weights(watched.network))
    assert alone.judge == watched.judge
    assert [(c.update, c.reward, c.worth, c.learned) for c in alone.checks] == [
        (c.update, c.reward, c.worth, c.learned) for c in watched.checks
    ]
    assert [c.held_out for c in alone.checks] == [c.learned for c in alone.checks]
    assert [c.held_out for c in watched.checks] != [c.learned for c in watched.checks]


def test_errors_on_runs_that_are_held_out_are_those_of_the_kept_judge(batch, held_out):
    found = learned(batch, course(DEBATED, rate=0.3), held_out=held_out)
    own = rollouts(held_out, DEBATED, NetworkPolicy(found.network), found.defender)
    best = max(found.checks, key=lambda check: check.worth)
    assert errors(held_out, own, found.judge) == best.held_out


@pytest.mark.parametrize("rules", [PLAIN, DEBATED], ids=["plain", "debated"])
def test_the_seed_decides(batch, rules):
    one, two, other = (learned(batch, course(rules, seed=seed, rounds=2)) for seed in (3, 3, 4))
    assert same(weights(one.network), weights(two.network))
    assert (one.judge, one.checks) == (two.judge, two.checks)
    assert one.checks != other.checks


def test_the_callers_random_state_stays(batch):
    torch_state, python_state, numpy_state = torch.get_rng_state(), random.getstate(), np.random.get_state()
    learned(batch, course(DEBATED))
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state
    assert np.array_equal(np.random.get_state()[1], numpy_state[1])


def test_the_caller_draws_what_it_will_and_changes_nothing(batch):
    """Between one check and the next."""
    pupil = Trainer(batch, course())
    for _ in pupil.learn():
        torch.rand(3), random.random(), np.random.rand()
    assert same(weights(pupil.result.network), weights(learned(batch, course()).network))


@pytest.mark.parametrize(
    ("rules", "times", "defender"), [(PLAIN, 1, Silent), (DEBATED, 2, BestAnswer)], ids=["plain", "debated"]
)
def test_a_debate_gives_the_judge_both_sides(batch, rules, times, defender):
    found = learned(batch, course(rules))
    assert len(found.judge.weights) == times * len(batch.codes)
    assert isinstance(found.defender, defender)


@pytest.mark.parametrize("given", [False, True])
def test_the_first_judge_is_of_chance_or_of_the_network_that_is_given(batch, expert, given):
    """Seen by its defender, who answers to the judge of the same looks with nobody answering."""
    pupil = Trainer(batch, course(DEBATED), expert if given else None)
    next(pupil.learn())
    policy = NetworkPolicy(expert) if given else RandomPolicy(0)
    assert pupil.result.defender == BestAnswer(fit_judge(batch, rollouts(batch, DEBATED, policy)))


def test_nothing_can_be_had_before_anything_was_learned(batch):
    with pytest.raises(LookupError, match="nothing was learned yet"):
        _ = Trainer(batch, course()).result


def test_deceptive_runs_are_played_as_often_as_honest_ones(batch):
    for rows in (range(len(batch.names)), [0, 5, 6, 7]):
        evened = _evened(batch.only(list(rows)))
        assert evened.deceptive.sum() * 2 == len(evened.names)
        assert set(evened.names) == {batch.names[i] for i in rows}
