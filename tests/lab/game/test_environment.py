from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from forewarn.lab.game.environment import HelperEnv
from forewarn.lab.game.rewarded_env import Prices, RewardedEnv
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.stats.calibration import Logistic


def environment(batch, n=1):
    game = VectorEnv(batch, Rules(), n)
    return HelperEnv(RewardedEnv(game, Logistic((4.0, 8.0), -2.0), Calibrated(), Prices()))


def test_it_conforms_to_gymnasium(batch):
    check_env(environment(batch), skip_render_check=True)


def test_an_episode_is_a_run(batch):
    env = environment(batch.only([1]))
    observation, _ = env.reset(seed=0)
    assert observation["open"].tolist() == [1, 1, 0]
    ended = [env.step(3)[2] for _ in range(2)]
    assert ended == [False, True]


def test_the_seed_decides_the_run(batch):
    env = environment(batch)
    runs = {seed: [env.reset(seed=seed)[0]["candidates"].tobytes() for _ in range(2)] for seed in range(8)}
    assert all(first == again for first, again in runs.values())
    assert len({first for first, _ in runs.values()}) == 2


def test_several_games_are_refused(batch):
    with pytest.raises(ValueError, match="one game; found an environment of 2"):
        environment(batch, n=2)


def test_the_action_is_one_more_than_the_questions(batch):
    env = environment(batch)
    assert env.action_space.n == env.observation_space["open"].n + 1
    assert np.isfinite(env.step(env.action_space.sample())[1])
