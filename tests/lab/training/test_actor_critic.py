"""Learning to ask the question that tells, and no other."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import NetworkPolicy
from forewarn.lab.game.rewarded_env import Prices, RewardedEnv
from forewarn.lab.game.rewards import Calibrated, Conviction
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.lab.training.actor_critic import ReinforceSettings, _Roll, reinforce
from forewarn.stats.calibration import Logistic

CODES = ("knowledge-gap", "latent-policy")
JUDGE = Logistic((0.0, 12.0), -4.0)


@pytest.fixture(scope="module")
def make_run(recorded):
    path = Path(__file__).parent.parent / "game" / "conftest.py"
    spec = importlib.util.spec_from_file_location("game_stand_ins", path)
    stand_ins = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stand_ins)
    return stand_ins.make_run.__wrapped__(recorded)


@pytest.fixture(scope="module")
def batch(make_run):
    """Liars show in latent-policy, at any look; knowledge-gap says the same of everybody."""
    liars = [make_run(f"liar {i}", *[((0.5, 0.4), None, (0.9, 0.6))] * 2, onset=10) for i in range(4)]
    honest = [make_run(f"honest {i}", *[((0.5, 0.4), None, None)] * 2) for i in range(4)]
    return RunBatch.of([*liars, *honest], CODES)


def play(batch, reward, **prices):
    return RewardedEnv(VectorEnv(batch, Rules(5.0, 10.0), 32, seed=1), JUDGE, reward, Prices(**prices))


def learned(batch, reward, updates=60, **prices):
    network = Network(Sizes(CODES, width=16), seed=0)
    lessons = list(
        reinforce(network, play(batch, reward, **prices), ReinforceSettings(updates, turns=8, rate=1e-2))
    )
    return network, lessons


def first_choice(network, batch):
    game = VectorEnv(batch, Rules(5.0, 10.0), len(batch.names), shuffled=False)
    return NetworkPolicy(network).choose(game.reset()).tolist()


def test_it_learns_to_ask_what_tells(batch):
    network, lessons = learned(batch, Calibrated(), question=0.02)
    assert set(first_choice(network, batch)) == {2}
    assert np.mean([x.reward for x in lessons[-5:]]) > np.mean([x.reward for x in lessons[:5]]) + 0.02


def test_it_learns_to_ask_nothing_that_is_dearer_than_it_is_worth(batch):
    network, _ = learned(batch, Calibrated(), question=1.0)
    assert set(first_choice(network, batch)) == {3}


def test_conviction_pays_for_asking_of_honest_runs_as_well(batch):
    """It learns the same question here: nothing in its reward tells honest runs from others."""
    network, _ = learned(batch, Conviction(), question=0.002)
    assert set(first_choice(network, batch)) == {2}


def test_the_same_seeds_give_the_same(batch):
    (one, first), (two, second) = (learned(batch, Calibrated(), updates=4) for _ in range(2))
    assert first == second
    pairs = zip(one.parameters(), two.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_callers_random_state_stays(batch):
    before = torch.get_rng_state()
    learned(batch, Calibrated(), updates=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_advantages_are_sums_of_errors_to_come():
    """A twin: the definition, written out for each turn."""
    draw = torch.Generator().manual_seed(0)
    roll, n, trace = _Roll(5, 3, torch.device("cpu")), 3, 0.9
    roll.reward, roll.value = (torch.rand(5, n, generator=draw) for _ in range(2))
    roll.later = torch.tensor([1.0, 0.97, 0.0])[torch.randint(3, (5, n), generator=draw)]
    ahead = torch.rand(n, generator=draw)
    worth = torch.cat([roll.value[1:], ahead[None]])
    errors = roll.reward + roll.later * worth - roll.value
    for t in range(5):
        wanted = sum(
            errors[k] * torch.prod(trace * roll.later[t:k], 0) if k > t else errors[k] for k in range(t, 5)
        )
        assert torch.allclose(roll.advantages(ahead, trace)[t], wanted, atol=1e-6)
