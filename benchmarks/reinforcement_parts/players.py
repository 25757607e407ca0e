"""What learned policies are held against: they know nothing, or one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from forewarn.helpers.encoding import GLOBAL
from forewarn.lab.game.batch_policies import BatchPolicy, OrderPolicy, RandomPolicy
from forewarn.lab.game.observation import Choices, Observation

SEARCHES = ("latent-policy", "withheld-answer")
LAST = 19
"""Index of the last look of every shipped run."""


@final
class Nothing(BatchPolicy):
    """Stops at once at every look."""

    def choose(self, seen: Observation) -> Choices:
        """Stop."""
        return np.full(len(seen.open), seen.open.shape[1])


@final
@dataclass(frozen=True, slots=True)
class Once(BatchPolicy):
    """Plays one look of each run as another does, and asks nothing at all others."""

    player: BatchPolicy
    look: int

    def choose(self, seen: Observation) -> Choices:
        """The other's choice at that look."""
        looks = np.rint(np.expm1(seen.whole[:, GLOBAL.index("looks")]))
        found: Choices = np.where(looks == self.look, self.player.choose(seen), seen.open.shape[1])
        return found


def references(codes: tuple[str, ...], seed: int) -> dict[str, BatchPolicy]:
    """By the names that the table shows."""
    order = OrderPolicy(codes, SEARCHES)
    return {
        "asks nothing": Nothing(),
        "random": RandomPolicy(seed),
        "latent-policy and withheld-answer at every look": order,
        "latent-policy and withheld-answer at the last look": Once(order, LAST),
    }
