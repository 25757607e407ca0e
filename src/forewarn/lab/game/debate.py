"""The defender: answers what was claimed with the best honest explanation, by the same tools."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from forewarn.lab.game.vector_env import WAIT, Transition, VectorEnv
from forewarn.stats.calibration import Logistic

Choices = Int64[np.ndarray, " n"]


class Defender(ABC):
    """Has its say after the helper's, where the rules let it."""

    @abstractmethod
    def choose(self, game: VectorEnv) -> Choices:
        """A follow-up's index, the number of questions for none, or WAIT where it is not its turn."""


@final
@dataclass(frozen=True, slots=True)
class Silent(Defender):
    """Lets every claim stand."""

    def choose(self, game: VectorEnv) -> Choices:
        """None."""
        return np.where(game.defends, game.n_questions, WAIT)


@final
@dataclass(frozen=True, slots=True)
class BestAnswer(Defender):
    """Has measured every follow-up of what was claimed, and shows the one that moves the judge most.

    It can show nothing that was not measured; what only confirms the claim it keeps to itself.
    """

    judge: Logistic

    def choose(self, game: VectorEnv) -> Choices:
        """The one that lowers the probability most; none where none does."""
        rows = np.flatnonzero(game.defends)
        best = self._odds(game.judge_features(rows)) - 1e-9
        found, open_ = np.full(len(rows), game.n_questions), game.open()[rows]
        for question in np.flatnonzero(open_.any(0)):
            odds = self._odds(game.judge_features(rows, int(question)))
            better = open_[:, question] & (odds < best)
            found[better], best = question, np.where(better, odds, best)
        choice = np.full(game.n, WAIT)
        choice[rows] = found
        return choice

    def _odds(self, features: Float32[np.ndarray, "m k"]) -> Float64[np.ndarray, " m"]:
        found: Float64[np.ndarray, " m"] = features @ np.array(self.judge.weights)
        return found


def answered(game: VectorEnv, choice: Choices, defender: Defender) -> Transition:
    """The helper's choice in every game, and the defender's answers up to the helper's next turn."""
    turn = game.step(choice)
    while game.defends.any():
        reply = game.step(defender.choose(game))
        turn = replace(
            reply,
            cost=turn.cost + reply.cost,
            failed=turn.failed,
            look_over=turn.look_over | reply.look_over,
            run_over=turn.run_over | reply.run_over,
            features=np.where(turn.look_over[:, None], turn.features, reply.features),
            run=turn.run,
            look=turn.look,
        )
    return turn
