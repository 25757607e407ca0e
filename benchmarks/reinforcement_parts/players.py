"""What learned policies are held against: they know nothing, or one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from forewarn.helpers.encoding import GLOBAL
from forewarn.lab.game.players import Choices, OrderPlayer, Player, RandomPlayer
from forewarn.lab.game.seen import Seen

SEARCHES = ("TP003", "TP009")
LAST = 19
"""Index of the last look of every shipped run."""


@final
class Nothing(Player):
    """Stops at once at every look."""

    def choose(self, seen: Seen) -> Choices:
        """Stop."""
        return np.full(len(seen.open), seen.open.shape[1])


@final
@dataclass(frozen=True, slots=True)
class Once(Player):
    """Plays one look of each run as another does, and asks nothing at all others."""

    player: Player
    look: int

    def choose(self, seen: Seen) -> Choices:
        """The other's choice at that look."""
        looks = np.rint(np.expm1(seen.whole[:, GLOBAL.index("looks")]))
        found: Choices = np.where(looks == self.look, self.player.choose(seen), seen.open.shape[1])
        return found


def references(codes: tuple[str, ...], seed: int) -> dict[str, Player]:
    """By the names that the table shows."""
    order = OrderPlayer(codes, SEARCHES)
    return {
        "asks nothing": Nothing(),
        "random": RandomPlayer(seed),
        "TP003 and TP009 at every look": order,
        "TP003 and TP009 at the last look": Once(order, LAST),
    }
