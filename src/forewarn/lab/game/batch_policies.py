"""Who plays: policies that choose for many games at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from forewarn.helpers.encoding import ANSWER, GLOBAL, MOST, PASSES, Encoding
from forewarn.helpers.network import Network
from forewarn.helpers.policy import SLACK
from forewarn.lab.game.observation import Choices, Observation
from forewarn.lab.game.run_batch import RunBatch

CPU = torch.device("cpu")
BUDGET, ASKED = GLOBAL.index("budget"), GLOBAL.index("asked")


class BatchPolicy(ABC):
    """Chooses a question's index, or the number of questions to stop."""

    @abstractmethod
    def choose(self, observation: Observation) -> Choices:
        """One choice for each game."""


@final
@dataclass(frozen=True, slots=True)
class OrderPolicy(BatchPolicy):
    """The probe of an order that was asked least often at this look, ties by the order (`helpers.FixedOrder`)."""

    codes: tuple[str, ...]
    """Of the game's columns."""
    order: tuple[str, ...]
    waits: bool = False
    """Whether it saves for the next in order where that is too dear."""
    least: float = 0.0
    """Passes that a look must have before its first question."""

    @classmethod
    def asked_whole(
        cls, batch: RunBatch, order: tuple[str, ...], paid: tuple[str, ...] | None = None
    ) -> OrderPolicy:
        """Begins only where each code of the order can be paid once, at its dearest: few looks, and no halves.

        `paid`: those of which this is demanded, if not all of them.
        """
        once = np.zeros(batch.code.shape, bool)
        wanted = order if paid is None else paid
        for rank in (batch.codes.index(code) for code in wanted if code in batch.codes):
            cost = np.where(batch.code == rank, batch.cost, -1.0)
            rows = np.flatnonzero(cost.max(1) >= 0.0)
            once[rows, cost.argmax(1)[rows]] = True
        return cls(batch.codes, order, True, float(batch.whole(once).max()))

    def choose(self, observation: Observation) -> Choices:
        """Stops where nothing in the order is left, or the next is too dear for one that is patient."""
        found: Choices = np.where(
            self._begins(observation), self._next(observation), observation.open.shape[1]
        )
        return found

    def _begins(self, observation: Observation) -> Bool[np.ndarray, " n"]:
        """Or goes on with what it has begun."""
        able = observation.whole[:, BUDGET] * PASSES + SLACK >= min(self.least, MOST)
        begins: Bool[np.ndarray, " n"] = able | (observation.whole[:, ASKED] > 0)
        return begins

    def _next(self, observation: Observation) -> Choices:
        own = observation.candidates[..., : len(self.codes)] > 0
        asked = observation.candidates[..., Encoding(self.codes).n_place + ANSWER.index("asked")] > 0
        rank = self._ranks(own, asked)
        eligible = np.isfinite(rank) & ~asked & (self.waits | observation.open)
        best = np.where(eligible, rank, np.inf).argmin(1)
        rows = np.arange(len(best))
        able = eligible[rows, best] & observation.open[rows, best]
        found: Choices = np.where(able, best, observation.open.shape[1])
        return found

    def _ranks(
        self, own: Bool[np.ndarray, "n c k"], asked: Bool[np.ndarray, "n c"]
    ) -> Float64[np.ndarray, "n c"]:
        """Smaller is sooner; infinite for what the order does not name."""
        times = (own & asked[..., None]).sum(1)
        place = np.array([self.order.index(c) if c in self.order else np.inf for c in self.codes])
        sooner = times * len(self.order) + place
        found: Float64[np.ndarray, "n c"] = np.where(own, sooner[:, None], np.inf).min(-1)
        return found


@final
class RandomPolicy(BatchPolicy):
    """Draws among what is open; stops only where nothing is. Mutable: it draws on."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)

    def choose(self, observation: Observation) -> Choices:
        """Uniform over open questions."""
        drawn = self._draw.random(observation.open.shape) * observation.open
        found: Choices = np.where(observation.open.any(1), drawn.argmax(1), observation.open.shape[1])
        return found


@final
@dataclass(frozen=True, slots=True, eq=False)
class NetworkPolicy(BatchPolicy):
    """What a network thinks best."""

    network: Network

    def choose(self, observation: Observation) -> Choices:
        """Greedy."""
        with torch.no_grad():
            logits, _ = self.network(*tensors(observation, self.network.ask.weight.device))
        found: Choices = logits.argmax(1).cpu().numpy()
        return found


def tensors(observation: Observation, device: torch.device = CPU) -> tuple[Tensor, Tensor, Tensor]:
    """What a network reads, without a copy on a CPU."""
    rows = (observation.candidates, observation.whole, observation.open)
    candidates, whole, open_ = (torch.from_numpy(row).to(device) for row in rows)
    return candidates, whole, open_
