"""The package's own trainer."""

from __future__ import annotations

import sys

from reinforcement_parts.setting import Setting

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.players import NetworkPlayer, Player
from forewarn.lab.training.actor_critic import Schooling, reinforce

GAMES = 64
"""As in `training.school.Course`."""


def learn(setting: Setting, schooling: Schooling, games: int = GAMES) -> Player:
    """A network from nothing, after as many choices as updates, turns and games make."""
    network = Network(Sizes(setting.learning.codes), schooling.seed)
    every = max(1, schooling.updates // 4)
    for lesson in reinforce(network, setting.learned(games, schooling.seed), schooling):
        if (lesson.update + 1) % every == 0:
            print(f"  update {lesson.update + 1}: {lesson.reward:+.4f}", file=sys.stderr, flush=True)
    return NetworkPlayer(network)
