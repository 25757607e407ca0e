"""Every run of a board played once, from its first look to its last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from forewarn.lab.game.batch_policies import BatchPolicy
from forewarn.lab.game.debate import Defender, answered
from forewarn.lab.game.rewarded_env import SILENT
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv


@dataclass(frozen=True, slots=True, eq=False)
class Rollouts:
    """What came of it, by run and look; 0.0 where a run has no such look."""

    features: Float32[np.ndarray, "r l k"]
    """What a judge sees (`game.features`)."""
    spent: Float32[np.ndarray, "r l"]
    """Forward passes over the audit set."""
    lacked: frozenset[tuple[int, int, int]] = frozenset()
    """Run, look and question, of all that was asked and that the board lacks."""


def rollouts(batch: RunBatch, rules: Rules, policy: BatchPolicy, defender: Defender = SILENT) -> Rollouts:
    """All runs side by side."""
    n, most = len(batch.names), int(batch.looks.max())
    game = VectorEnv(batch, rules, n, shuffled=False)
    observation, over = game.reset(), np.zeros(n, bool)
    features = np.zeros((n, most, game.n_features), np.float32)
    spent = np.zeros((n, most), np.float32)
    while not over.all():
        turn = answered(game, policy.choose(observation), defender)
        rows = np.flatnonzero(~over)
        spent[rows, turn.look[rows]] += turn.cost[rows]
        ended = np.flatnonzero(turn.look_over & ~over)
        features[ended, turn.look[ended]] = turn.features[ended]
        over |= turn.run_over
        observation = turn.observation
    return Rollouts(features, spent, frozenset(game.lacked))
