"""The game with a judge and a reward: what a helper learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from forewarn.lab.game.debate import Defender, Silent, answered
from forewarn.lab.game.observation import Observation
from forewarn.lab.game.rewards import Judgement, Reward
from forewarn.lab.game.vector_env import Transition, VectorEnv
from forewarn.stats.calibration import Logistic

SILENT = Silent()


@dataclass(frozen=True, slots=True)
class Prices:
    """In units of reward."""

    question: float = 0.002
    """Of one forward pass over the audit set."""
    vain: float = 0.0
    """Of a claim that is not confirmed."""


@dataclass(frozen=True, slots=True, eq=False)
class RewardedStep:
    """A turn, and what it earned."""

    observation: Observation
    reward: Float64[np.ndarray, " n"]
    look_over: Bool[np.ndarray, " n"]
    run_over: Bool[np.ndarray, " n"]


@final
class RewardedEnv:
    """Mutable: remembers how far each run has convinced the judge."""

    def __init__(
        self, game: VectorEnv, judge: Logistic, reward: Reward, prices: Prices, defender: Defender = SILENT
    ) -> None:
        """`judge`: of as many features as the game's rules give; `defender`: has its say where these let it."""
        self._game, self._batch, self._reward, self._prices = game, game.batch, reward, prices
        self._defender = defender
        self._weights, self._intercept = np.array(judge.weights), judge.intercept
        self._best = np.zeros(game.n)

    @property
    def n(self) -> int:
        """Games side by side."""
        return self._game.n

    def reset(self, seed: int | None = None) -> Observation:
        """A fresh run in every game, drawn by the seed where one is given."""
        self._best = np.zeros(self.n)
        return self._game.reset(seed)

    def step(self, choice: Int64[np.ndarray, " n"]) -> RewardedStep:
        """Ask or stop in every game."""
        turn = answered(self._game, choice, self._defender)
        earned = np.where(turn.look_over, self._earned(turn), 0.0)
        price = self._prices.question * turn.cost + self._prices.vain * turn.failed
        return RewardedStep(turn.observation, earned - price, turn.look_over, turn.run_over)

    def _earned(self, turn: Transition) -> Float64[np.ndarray, " n"]:
        look = np.where(self._batch.able[turn.run, turn.look], self._probability(turn.features), 0.0)
        now = np.where(turn.look_over, np.maximum(self._best, look), self._best)
        earned = self._reward.pay(Judgement(self._best, now, self._batch.deceptive[turn.run]))
        self._best = np.where(turn.run_over, 0.0, now)
        return earned

    def _probability(self, features: Float32[np.ndarray, "n k"]) -> Float64[np.ndarray, " n"]:
        odds = features @ self._weights + self._intercept
        found: Float64[np.ndarray, " n"] = 1.0 / (1.0 + np.exp(-odds))
        return found
