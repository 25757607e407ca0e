"""Helper and judge in alternation: each learns from what the other has become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.board import Board
from forewarn.lab.game.debate import BestAnswer, Defender, Silent
from forewarn.lab.game.play import Play, Prices
from forewarn.lab.game.players import NetworkPlayer, Player, RandomPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.rewards import Reward
from forewarn.lab.game.table_game import Rules, TableGame
from forewarn.lab.training.actor_critic import Schooling, reinforce
from forewarn.lab.training.judging import judge_of
from forewarn.lab.training.watching import Check, errors, worth_of
from forewarn.stats.calibration import Logistic


@dataclass(frozen=True, slots=True)
class Course:
    """All that decides what a helper becomes, besides the runs."""

    rules: Rules
    reward: Reward
    prices: Prices = field(default_factory=Prices)
    schooling: Schooling = field(default_factory=Schooling)
    rounds: int = 2
    """Times that the judge is fitted anew and the helper goes on."""
    games: int = 64
    width: int = 32
    every: int = 25
    """Updates from one check to the next; a round's last one is checked as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Schooled:
    """What came of a course: the best helper that it passed through."""

    network: Network
    judge: Logistic
    """Fitted to the looks of this network, and to what the defender makes of them."""
    defender: Defender
    checks: tuple[Check, ...]
    """Both errors on the runs that it learns from and on runs that are held out, as they change on the way."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a pupil stands between two rounds."""

    weights: Mapping[str, Tensor]
    judge: Logistic
    defender: Defender
    worth: float
    best: Mapping[str, Tensor]
    """Weights of the network that was worth so much."""
    best_judge: Logistic
    best_defender: Defender
    checks: tuple[Check, ...]


@final
class Pupil:
    """Mutable: a helper that is being trained on runs whose truth is known.

    The first judge is fitted to looks at random, or to those of a network that is given (cloned, say) and goes on
    learning as one object. What is kept in the end is the network of the check that did best on the runs it learns
    from, the one it began with included: reinforcement wanders. Runs that are held out are looked at and decide
    nothing.
    """

    def __init__(
        self,
        board: Board,
        course: Course,
        network: Network | None = None,
        held_out: Board | None = None,
        device: str = "cpu",
    ) -> None:
        self._board, self._course, self._held_out = board, course, held_out
        made = network or Network(Sizes(board.codes, course.width), course.schooling.seed)
        self._network = made.to(device)
        self._defender: Defender = Silent()
        first = RandomPlayer(course.schooling.seed) if network is None else NetworkPlayer(network)
        self._judge = self._judged(first)
        self._best: tuple[float, dict[str, Tensor], Logistic, Defender] | None = None
        self._checks: list[Check] = []

    def learn(self) -> Iterator[Check]:
        """Train round by round; gives each check as it is made."""
        for index in range(self._course.rounds):
            yield from self.round(index)

    def round(self, index: int) -> Iterator[Check]:
        """Train one round, in order, and fit the judge anew at its end."""
        yield from self._round(index)
        self._judge = self._judged(NetworkPlayer(self._network))

    @property
    def standing(self) -> Standing:
        """All that the next round depends on, between two rounds. LookupError before the first."""
        if self._best is None:
            raise LookupError("nothing was learned yet")
        now = {name: value.clone() for name, value in self._network.state_dict().items()}
        return Standing(now, self._judge, self._defender, *self._best, tuple(self._checks))

    def resume(self, standing: Standing) -> None:
        """Go on from what another pupil of the same board and course came to."""
        self._network.load_state_dict(dict(standing.weights))
        self._judge, self._defender = standing.judge, standing.defender
        self._best = (standing.worth, dict(standing.best), standing.best_judge, standing.best_defender)
        self._checks = list(standing.checks)

    @property
    def result(self) -> Schooled:
        """The best so far. LookupError before the first check."""
        if self._best is None:
            raise LookupError("nothing was learned yet")
        _, weights, judge, defender = self._best
        network = Network(self._network.sizes)
        network.load_state_dict(weights)
        return Schooled(network, judge, defender, tuple(self._checks))

    def _judged(self, player: Player) -> Logistic:
        """The judge of what a player asks; with a debate a second time, of what its defender then answers."""
        rules = self._course.rules
        judge = judge_of(self._board, played(self._board, rules, player, self._defender))
        if not rules.answers:
            return judge
        self._defender = BestAnswer(judge)
        return judge_of(self._board, played(self._board, rules, player, self._defender))

    def _round(self, index: int) -> Iterator[Check]:
        course = self._course
        game = TableGame(_evened(self._board), course.rules, course.games, course.schooling.seed + index)
        play = Play(game, self._judge, course.reward, course.prices, self._defender)
        yield self._check(index * course.schooling.updates, 0.0)
        for lesson in reinforce(self._network, play, course.schooling):
            done = lesson.update + 1
            if done % course.every == 0 or done == course.schooling.updates:
                yield self._check(index * course.schooling.updates + done, lesson.reward)

    def _check(self, update: int, reward: float) -> Check:
        """Measure the network of now with a judge of its own looks, and keep it where it is the best."""
        player, course = NetworkPlayer(self._network), self._course
        own = played(self._board, course.rules, player, self._defender)
        judge = judge_of(self._board, own)
        worth = worth_of(self._board, own, judge, course.prices.question)
        if self._best is None or worth > self._best[0]:
            weights = {name: value.clone() for name, value in self._network.state_dict().items()}
            self._best = (worth, weights, judge, self._defender)
        other = self._held_out or self._board
        found = played(other, course.rules, player, self._defender)
        check = Check(update, reward, worth, errors(self._board, own, judge), errors(other, found, judge))
        self._checks.append(check)
        return check


def _evened(board: Board) -> Board:
    """Deceptive runs as often as honest ones, so that neither truth is the better guess."""
    liars = [i for i, d in enumerate(board.deceptive) if d]
    honest = [i for i, d in enumerate(board.deceptive) if not d]
    few, many = sorted((liars, honest), key=len)
    return board.only([*many, *(few[i % len(few)] for i in range(len(many)))])
