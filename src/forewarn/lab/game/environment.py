"""The game by the interface of Gymnasium, one run at a time, so that any library can learn it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from forewarn.lab.game.observation import Observation
from forewarn.lab.game.rewarded_env import RewardedEnv

GREATEST = 100.0
"""Bound of every column; what is recorded lies far below it."""
Observed = Mapping[str, np.ndarray[Any, Any]]


class HelperEnv(gymnasium.Env[Observed, int]):
    """An episode is a run, look by look.

    Observation: the questions as rows (`candidates`), the situation as a whole (`whole`), and which questions can
    be asked now (`open`). Action: a question's index, or the number of questions to stop looking at this
    snapshot; what cannot be asked counts as stopping.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - named and typed so by Gymnasium

    def __init__(self, env: RewardedEnv) -> None:
        """`env`: of a single game."""
        if env.n != 1:
            raise ValueError(f"an environment holds one game; found an environment of {env.n}")
        self._env = env
        shown = env.reset()
        self.observation_space = spaces.Dict(  # type: ignore[assignment]
            {
                "candidates": spaces.Box(-GREATEST, GREATEST, shown.candidates.shape[1:], np.float32),
                "whole": spaces.Box(-GREATEST, GREATEST, shown.whole.shape[1:], np.float32),
                "open": spaces.MultiBinary(shown.open.shape[1]),
            }
        )
        self.action_space = spaces.Discrete(shown.open.shape[1] + 1)  # type: ignore[assignment]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """A fresh run, drawn by the seed where one is given."""
        super().reset(seed=seed)
        return _observed(self._env.reset(seed)), {}

    def step(self, action: int) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Ask or stop."""
        paid = self._env.step(np.array([action]))
        return _observed(paid.observation), float(paid.reward[0]), bool(paid.run_over[0]), False, {}


def _observed(observation: Observation) -> Observed:
    rows = (observation.candidates[0], observation.whole[0])
    candidates, whole = (row.clip(-GREATEST, GREATEST) for row in rows)
    return {"candidates": candidates, "whole": whole, "open": observation.open[0].astype(np.int8)}
