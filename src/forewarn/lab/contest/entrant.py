"""What takes part in a contest: something that learns from some runs and then looks at others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float32, Float64

from forewarn.lab.game.board import Board
from forewarn.lab.game.debate import Defender, Silent
from forewarn.lab.game.players import Player
from forewarn.lab.game.playing import played
from forewarn.lab.game.table_game import Rules
from forewarn.lab.population.run import Run
from forewarn.lab.training.judging import judge_of, probabilities
from forewarn.stats.calibration import Logistic

SILENT = Silent()


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Every look of some runs."""

    chance: Float64[np.ndarray, "r l"]
    """Of deception; 0.0 where the look could tell nothing, or there is none."""
    spent: Float32[np.ndarray, "r l"]
    """Forward passes over the audit set."""
    lacked: frozenset[tuple[int, int, int]] = frozenset()
    """Run, look and question, of all that was asked and that the board lacks."""


class Looker(ABC):
    """What an entrant has become: it looks at runs and learns no more."""

    @abstractmethod
    def look(self, runs: tuple[Run, ...], board: Board) -> Seen:
        """At every look of every run, in order; `board`: the same runs as arrays."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Playing(Looker):
    """A player under some rules, with the judge of what it asks."""

    player: Player
    rules: Rules
    judge: Logistic
    defender: Defender = SILENT

    def look(self, runs: tuple[Run, ...], board: Board) -> Seen:
        """By playing the game."""
        found = played(board, self.rules, self.player, self.defender)
        return Seen(probabilities(self.judge, board, found), found.spent, found.lacked)

    @classmethod
    def judged(cls, player: Player, rules: Rules, board: Board) -> Playing:
        """With a judge that is fitted to what the player asks of a board's runs."""
        return cls(player, rules, judge_of(board, played(board, rules, player)))


class Entrant(ABC):
    """Learns from runs of the training side; the promise is made on others."""

    name: str

    @abstractmethod
    def prepare(self, runs: tuple[Run, ...], board: Board, seed: int) -> Looker:
        """`board`: the same runs as arrays."""
