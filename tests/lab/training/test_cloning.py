from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.helpers import FixedOrder
from forewarn.helpers.expert import Expert
from forewarn.helpers.learned import Learned
from forewarn.helpers.network_input import network_input
from forewarn.lab.game.batch_policies import NetworkPolicy, OrderPolicy
from forewarn.lab.game.episode import episode
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.cloning import Cloning, _losses, agreement, clone
from forewarn.lab.training.demonstrations import of_helper
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.validation import worth_of

RULES = Rules(5.0, 8.0)
PLAN = Cloning(epochs=80, rate=1e-2, width=16)
ORDER = FixedOrder(("latent-policy", "latent-policy/composure", "knowledge-gap"))


@pytest.fixture(scope="module")
def codes(recorded):
    return (*recorded.CODES, recorded.FOLLOW_UPS[0])


@pytest.fixture(scope="module")
def runs(recorded):
    """Of some a follow-up tells, of others the claim."""
    pursued = [recorded.pursued(run, 0.2) for run in recorded.population(4, 4)]
    return [*recorded.disputed(4, 4), *pursued]


@pytest.fixture(scope="module")
def shown(runs):
    return list(of_helper(ORDER, runs[::2], RULES))


@pytest.fixture(scope="module")
def cloned(shown, codes):
    return clone(shown, (), codes, PLAN)


def weights(network):
    return torch.cat([value.flatten() for value in network.state_dict().values()])


def test_a_network_that_is_cloned_from_an_order_keeps_it(cloned, runs):
    """At runs that it was never shown, look by look."""
    ways = [
        [[a.inquiry for a in look.asked] for look in episode(helper, run, RULES)]
        for helper in (ORDER, Learned(cloned))
        for run in runs[1::2]
    ]
    taught, learned = ways[: len(ways) // 2], ways[len(ways) // 2 :]
    assert learned == taught
    assert {i.code for way in taught for look in way for i in look} == {
        "latent-policy",
        "latent-policy/composure",
        "knowledge-gap",
    }


def test_one_that_was_shown_something_else_does_something_else(cloned, runs, codes):
    other = list(of_helper(FixedOrder(("observer",)), runs[::2], RULES))
    assert agreement(cloned, other) < 0.6
    assert agreement(clone(other, (), codes, PLAN), other) == 1.0


def test_agreement_is_the_share_of_choices_that_are_made_as_shown(cloned, runs):
    """A twin: the helper of the same network, asked situation by situation."""
    other = list(of_helper(Expert(least=0.0), runs, RULES))
    helper = Learned(cloned)
    wanted = sum(helper.next(each.situation) == each.inquiry for each in other) / len(other)
    assert agreement(cloned, other) == pytest.approx(wanted)
    assert 0.0 < wanted < 1.0
    assert math.isnan(agreement(cloned, []))


def worth(batch, policy):
    found = rollouts(batch, RULES, policy)
    return worth_of(batch, found, fit_judge(batch, found), 0.0)


@pytest.mark.parametrize("few", [0, 3])
def test_with_little_to_see_it_does_no_worse_than_the_prior(runs, codes, few):
    batch, teacher = RunBatch.of(runs, codes), Expert(("knowledge-gap", "observer"), ())
    shown = [choice for look in list(episode(teacher, runs[1], RULES))[:few] for choice in look.choices]
    prior = list(of_helper(ORDER, runs[::2], RULES))
    network = clone(shown, prior, codes, PLAN)
    order = OrderPolicy(codes, ORDER.order)
    assert worth(batch, NetworkPolicy(network)) >= worth(batch, order) - 1e-6
    assert agreement(network, prior) > 0.95
    by_itself = clone(shown, (), codes, PLAN) if few else None
    assert by_itself is None or worth(batch, NetworkPolicy(by_itself)) < worth(batch, order) - 0.1


def test_with_much_to_see_it_leaves_the_prior(runs, codes, shown):
    """As many choices of the teacher as the prior counts in all, each for something else."""
    prior = list(of_helper(FixedOrder(("observer", "knowledge-gap")), runs[::2], RULES))
    light, heavy = (clone(shown, prior, codes, replace(PLAN, prior=p)) for p in (2.0, 2000.0))
    assert agreement(light, shown) > 0.95 > agreement(light, prior)
    assert agreement(heavy, shown) < agreement(light, shown)
    assert agreement(heavy, prior) > agreement(light, prior)


def test_a_prior_that_counts_nothing_is_not_heard(shown, codes, runs):
    """However many choices it holds: a batch may have no others."""
    prior = list(of_helper(FixedOrder(("observer",)), runs, RULES))
    plan = replace(PLAN, prior=0.0, batch=16, epochs=30)
    network = clone(shown[:4], prior, codes, plan)
    assert weights(network).isfinite().all()
    assert agreement(network, shown[:4]) == 1.0


def test_the_same_choices_and_plan_give_the_same(shown, codes):
    plan = replace(PLAN, epochs=3)
    one, two, other = (clone(shown, shown[:5], codes, replace(plan, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))


def test_the_callers_random_state_stays(shown, codes):
    before = torch.get_rng_state()
    clone(shown, (), codes, replace(PLAN, epochs=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_told_of_it_is_kept(cloned, codes):
    assert cloned.sizes.codes == codes
    assert cloned.sizes.width == PLAN.width


def test_nothing_to_clone_is_an_error(codes):
    with pytest.raises(
        ConfigurationError, match="there is nothing to clone: no trace holds a choice, and no prior"
    ):
        clone([], [], codes, PLAN)


def entropy(network, shown):
    """Mean over choices, in nats."""
    found = []
    for each in shown:
        seen = network_input(each.situation, network.sizes.codes)
        with torch.no_grad():
            chance = network(seen.candidates, seen.whole, seen.open)[0][0].softmax(-1)
        found.append(-float(torch.xlogy(chance, chance).sum()))
    return sum(found) / len(found)


def test_doubt_leaves_it_undecided_and_of_the_same_mind(shown, codes):
    sure, cloned, unsure = (clone(shown, (), codes, replace(PLAN, doubt=d)) for d in (0.0, 0.1, 0.5))
    assert entropy(sure, shown) < entropy(cloned, shown) - 0.1 < entropy(unsure, shown) - 0.2
    assert agreement(sure, shown) == agreement(unsure, shown) == 1.0


def test_losses_are_cross_entropy_with_the_doubt_spread_over_what_is_open():
    """A twin: the definition, row by row; nothing is lost on what could not be asked."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 5, generator=draw)
    logits[torch.rand(6, 5, generator=draw) < 0.4] = -torch.inf
    logits[:, -1] = 0.3
    choice = logits.argmax(1)
    for row, (line, mine) in enumerate(zip(logits, choice, strict=True)):
        open_ = line.isfinite()
        log_chance = line[open_] - line[open_].logsumexp(0)
        chosen = line[mine] - line[open_].logsumexp(0)
        wanted = -0.7 * chosen - 0.3 * log_chance.mean()
        assert torch.allclose(_losses(logits, choice, 0.3)[row], wanted, atol=1e-6)
