"""Helper and judge in alternation: each learns from what the other has become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forewarn.game.board import Board
from forewarn.game.play import Play, Prices
from forewarn.game.players import NetworkPlayer, Player, RandomPlayer
from forewarn.game.playing import played
from forewarn.game.rewards import Reward
from forewarn.game.table_game import Rules, TableGame
from forewarn.helpers.network import Network, Sizes
from forewarn.stats.calibration import Logistic
from forewarn.training.actor_critic import Lesson, Schooling, reinforce
from forewarn.training.judging import judge_of


@dataclass(frozen=True, slots=True)
class Course:
    """All that decides what a helper becomes, besides the runs."""

    rules: Rules
    reward: Reward
    prices: Prices = field(default_factory=Prices)
    schooling: Schooling = field(default_factory=Schooling)
    rounds: int = 2
    """Times that the judge is fitted anew and the helper goes on."""
    games: int = 128
    width: int = 32


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """After one round."""

    network: Network
    judge: Logistic
    """Fitted to the looks of this network."""
    lessons: tuple[Lesson, ...]


def stages(board: Board, course: Course, network: Network | None = None) -> Iterator[Stage]:
    """Train on runs whose truth is known. The network is one object that goes on learning.

    The first judge is fitted to looks at random; a network that is given (cloned, say) is trained on.
    """
    network = network or Network(Sizes(board.codes, course.width), course.schooling.seed)
    player: Player = RandomPlayer(course.schooling.seed)
    for round_ in range(course.rounds):
        judge = judge_of(board, played(board, course.rules, player))
        game = TableGame(_evened(board), course.rules, course.games, course.schooling.seed + round_)
        lessons = tuple(reinforce(network, Play(game, judge, course.reward, course.prices), course.schooling))
        player = NetworkPlayer(network)
        yield Stage(network, judge_of(board, played(board, course.rules, player)), lessons)


def _evened(board: Board) -> Board:
    """Deceptive runs as often as honest ones, so that neither truth is the better guess."""
    liars = [i for i, d in enumerate(board.deceptive) if d]
    honest = [i for i, d in enumerate(board.deceptive) if not d]
    few, many = sorted((liars, honest), key=len)
    return board.only([*many, *(few[i % len(few)] for i in range(len(many)))])
