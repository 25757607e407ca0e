"""An order that is asked whole or not at all: what is saved goes into one good look, not into many halves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from forewarn.contest.entrant import Entrant, Looker, Playing
from forewarn.game.board import Board
from forewarn.game.players import Choices, OrderPlayer, Player
from forewarn.game.seen import Seen
from forewarn.game.table_game import Rules
from forewarn.helpers.encoding import GLOBAL, PASSES
from forewarn.helpers.policy import SLACK
from forewarn.population.run import Run

BUDGET, ASKED = GLOBAL.index("budget"), GLOBAL.index("asked")


@final
@dataclass(frozen=True)
class Rounds(Entrant):
    """Begins a look only where the whole order can be paid, follow-ups included."""

    rules: Rules
    order: tuple[str, ...]
    name: str = "whole rounds"

    def prepare(self, runs: tuple[Run, ...], board: Board, seed: int) -> Looker:
        """Learns to judge what it asks."""
        player = RoundPlayer(OrderPlayer(board.codes, self.order), price(board, self.order))
        return Playing.judged(player, self.rules, board)


@final
@dataclass(frozen=True, slots=True)
class RoundPlayer(Player):
    """Stops at once where a round cannot be paid, and goes through it where it can."""

    order: OrderPlayer
    price: float
    """Of a round, in forward passes over the audit set."""

    def choose(self, seen: Seen) -> Choices:
        """Nothing, or the next in order."""
        begins = (seen.whole[:, ASKED] == 0) & (seen.whole[:, BUDGET] * PASSES + SLACK < self.price)
        found: Choices = np.where(begins, seen.open.shape[1], self.order.choose(seen))
        return found


def price(board: Board, order: tuple[str, ...]) -> float:
    """Of asking each code of an order once, at its dearest."""
    ranks = [board.codes.index(code) for code in order if code in board.codes]
    return float(sum(board.cost[board.code == k].max(initial=0.0) for k in ranks))
