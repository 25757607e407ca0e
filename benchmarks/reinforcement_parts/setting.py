"""What every learner plays: recorded runs in two halves, one judge, one reward, rules and prices by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.board import Board
from forewarn.lab.game.play import Play, Prices
from forewarn.lab.game.players import RandomPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.table_game import Rules, TableGame
from forewarn.lab.population.run import Run
from forewarn.lab.training.judging import judge_of
from forewarn.stats.calibration import Logistic

LEVEL = "K1"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Two halves of a population; litters, and all litters of one seed, stay whole."""

    learning: Board
    """Deceptive runs as often as honest ones."""
    held_out: Board
    litters: tuple[str, ...]
    """Of the held-out runs."""
    judge: Logistic
    """Fitted to questions drawn at random on the learning half."""
    rules: Rules = field(default_factory=Rules)
    prices: Prices = field(default_factory=Prices)

    @classmethod
    def shipped(cls) -> Setting:
        """The table that comes with the package, by the parity of seeds."""
        table = load()
        halves: tuple[list[Run], list[Run]] = ([], [])
        for run in table.runs[LEVEL]:
            halves[int(run.nature.litter.rpartition("-")[2]) % 2].append(run)
        learning, held_out = (Board.of(half, table.codes) for half in halves)
        judge = judge_of(learning, played(learning, Rules(), RandomPlayer(0)))
        return cls(evened(learning), held_out, tuple(run.nature.litter for run in halves[1]), judge)

    def learned(self, games: int, seed: int) -> Play:
        """Runs of the learning half, drawn by the seed."""
        return self._play(TableGame(self.learning, self.rules, games, seed))

    def scored(self) -> Play:
        """Every held-out run once, side by side."""
        return self._play(TableGame(self.held_out, self.rules, len(self.held_out.names), shuffled=False))

    def _play(self, game: TableGame) -> Play:
        return Play(game, self.judge, Calibrated(), self.prices)


def evened(board: Board) -> Board:
    """The rarer truth repeated until both are as frequent, as in `training.school`."""
    sides: Sequence[list[int]] = ([], [])
    for row, deceptive in enumerate(board.deceptive):
        sides[int(deceptive)].append(row)
    few, many = sorted(sides, key=len)
    return board.only([*many, *(few[i % len(few)] for i in range(len(many)))])
