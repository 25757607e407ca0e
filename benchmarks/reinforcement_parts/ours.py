"""The package's own trainer."""

from __future__ import annotations

import sys

from reinforcement_parts.setting import Setting

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import BatchPolicy, NetworkPolicy
from forewarn.lab.training.actor_critic import ReinforceSettings, reinforce

GAMES = 64
"""As in `training.trainer.TrainingPlan`."""


def learn(setting: Setting, reinforcement: ReinforceSettings, games: int = GAMES) -> BatchPolicy:
    """A network from nothing, after as many choices as updates, turns and games make."""
    network = Network(Sizes(setting.learning.codes), reinforcement.seed)
    every = max(1, reinforcement.updates // 4)
    for lesson in reinforce(network, setting.learned(games, reinforcement.seed), reinforcement):
        if (lesson.update + 1) % every == 0:
            print(f"  update {lesson.update + 1}: {lesson.reward:+.4f}", file=sys.stderr, flush=True)
    return NetworkPolicy(network)
