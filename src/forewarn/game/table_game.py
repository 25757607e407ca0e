"""Many looks at recorded runs, played side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from forewarn.game.board import Board
from forewarn.game.seen import Seen
from forewarn.helpers.encoding import ANSWER, GLOBAL, MOST, PASSES
from forewarn.helpers.policy import SLACK

EVIDENCE, EXPLORED, LOW = (ANSWER.index(name) for name in ("evidence", "explored", "low"))


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be spent, in forward passes over the audit set."""

    allowance: float = 10.0
    """Added at every look."""
    most: float = 40.0
    """What is left over is kept for later looks, up to this."""


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What came of one choice in each of n games."""

    seen: Seen
    """Of the next choice; of a fresh run where one has ended."""
    cost: Float[NDArray[np.float32], " n"]
    failed: Bool[NDArray[np.bool_], " n"]
    """Whether the question made a claim that was not confirmed."""
    look_over: Bool[NDArray[np.bool_], " n"]
    run_over: Bool[NDArray[np.bool_], " n"]
    features: Float[NDArray[np.float32], "n k"]
    """What a judge sees of the look that is over; 0.0 where none is."""
    run: Int[NDArray[np.int64], " n"]
    look: Int[NDArray[np.int64], " n"]
    """Where the choice was made."""


@final
class TableGame:
    """Mutable. The same seed and choices give the same turns.

    A choice is the index of a question, or the number of questions to stop. A look is over when nothing that is
    left can be paid, or by choice; what cannot be asked counts as stopping. Runs are drawn anew, or played in
    order.
    """

    def __init__(self, board: Board, rules: Rules, n: int, seed: int = 0, *, shuffled: bool = True) -> None:
        self.board, self._rules, self.n, self._shuffled = board, rules, n, shuffled
        self._draw = np.random.default_rng(seed)
        self.n_questions, self._rows = board.cost.shape[1], np.arange(n)
        self._exists = board.code >= 0
        self._next = 0

    def reset(self, seed: int | None = None) -> Seen:
        """A fresh run in every game, drawn by the seed where one is given."""
        if seed is not None:
            self._draw = np.random.default_rng(seed)
        self._next = 0
        shape = (self.n, self.n_questions)
        self.run = np.zeros(self.n, np.int64)
        self.look = np.zeros(self.n, np.int64)
        self._budget = np.zeros(self.n, np.float32)
        self._asked = np.zeros(shape, bool)
        self._since = np.full(shape, -1)
        self._before = np.zeros((*shape, len(ANSWER)), np.float32)
        self._begin(np.ones(self.n, bool))
        return self._seen()

    def step(self, choice: Int[NDArray[np.int64], " n"]) -> Turn:
        """Ask or stop in every game."""
        run, look = self.run.copy(), self.look.copy()
        asks = self._ask(choice)
        cost = np.where(asks, self.board.cost[run, np.minimum(choice, self.n_questions - 1)], 0.0)
        failed = asks & self._unconfirmed(run, look, choice)
        over = ~asks | ~self._open().any(1)
        features = np.zeros((self.n, len(self.board.codes)), np.float32)
        features[over] = self._features(over)
        ended = over & (look + 1 >= self.board.looks[run])
        self._turn_page(over & ~ended)
        self._begin(ended)
        return Turn(self._seen(), cost.astype(np.float32), failed, over, ended, features, run, look)

    def _ask(self, choice: Int[NDArray[np.int64], " n"]) -> Bool[NDArray[np.bool_], " n"]:
        question = np.minimum(choice, self.n_questions - 1)
        able = self._open()[self._rows, question]
        asks: Bool[NDArray[np.bool_], " n"] = (choice < self.n_questions) & able
        self._asked[self._rows[asks], question[asks]] = True
        self._budget[asks] -= self.board.cost[self.run[asks], question[asks]]
        return asks

    def _open(self) -> Bool[NDArray[np.bool_], "n c"]:
        affordable = self.board.cost[self.run] <= self._budget[:, None] + SLACK
        found: Bool[NDArray[np.bool_], "n c"] = self._there() & ~self._asked & affordable
        return found

    def _there(self) -> Bool[NDArray[np.bool_], "n c"]:
        """Questions that exist now: a follow-up does once what it follows was asked and claimed something."""
        parent = self.board.parent[self.run]
        claimed = self._asked & (self.board.answer[self.run, self.look, :, EVIDENCE] > 0)
        follows = np.take_along_axis(claimed, parent.clip(0), 1)
        there: Bool[NDArray[np.bool_], "n c"] = self._exists[self.run] & ((parent < 0) | follows)
        return there

    def _unconfirmed(
        self,
        run: Int[NDArray[np.int64], " n"],
        look: Int[NDArray[np.int64], " n"],
        choice: Int[NDArray[np.int64], " n"],
    ) -> Bool[NDArray[np.bool_], " n"]:
        found = self.board.answer[run, look, np.minimum(choice, self.n_questions - 1)]
        vain: Bool[NDArray[np.bool_], " n"] = (found[:, EVIDENCE] > 0) & (found[:, LOW] <= 0)
        return vain

    def _features(self, over: Bool[NDArray[np.bool_], " n"]) -> Float[NDArray[np.float32], "m k"]:
        """The lower end of each probe's strongest claim (`judges.features`)."""
        found, code = self.board.answer[self.run[over], self.look[over]], self.board.code[self.run[over]]
        claims = self._asked[over] & (found[..., EVIDENCE] > 0)
        rows, columns = np.arange(len(found)), []
        for k in range(len(self.board.codes)):
            own = claims & (code == k)
            best = np.where(own, found[..., EXPLORED], -np.inf).argmax(1)
            columns.append(np.where(own.any(1), found[rows, best, LOW].clip(0.0), 0.0))
        return np.stack(columns, 1)

    def _turn_page(self, games: Bool[NDArray[np.bool_], " n"]) -> None:
        """The next look of the same run: what was seen is what was seen before from now on."""
        asked = self._asked & games[:, None]
        self._before[asked] = self.board.answer[self.run, self.look][asked]
        self._since[asked] = np.broadcast_to(self.look[:, None], asked.shape)[asked]
        self._asked[games] = False
        self.look[games] += 1
        self._budget[games] = np.minimum(self._budget[games] + self._rules.allowance, self._rules.most)

    def _begin(self, games: Bool[NDArray[np.bool_], " n"]) -> None:
        """A fresh run."""
        n = int(games.sum())
        if self._shuffled:
            self.run[games] = self._draw.integers(len(self.board.names), size=n)
        else:
            self.run[games] = (self._next + np.arange(n)) % len(self.board.names)
            self._next += n
        self.look[games], self._budget[games] = 0, self._rules.allowance
        self._asked[games], self._since[games], self._before[games] = False, -1, 0.0

    def _seen(self) -> Seen:
        board, asked = self.board, self._asked
        now = board.answer[self.run, self.look] * asked[..., None]
        age = np.where(self._since >= 0, 1.0 / (1 + self.look[:, None] - self._since), 0.0)
        candidates = np.concatenate(
            [board.place[self.run], now, self._before, age[..., None].astype(np.float32)], -1
        )
        candidates[~self._there()] = 0.0
        return Seen(candidates, self._whole(now), self._open())

    def _whole(self, now: Float[NDArray[np.float32], "n c a"]) -> Float[NDArray[np.float32], "n g"]:
        columns = {
            "budget": np.minimum(self._budget, MOST) / PASSES,
            "known": self.board.known[self.run, self.look],
            "asked": self._asked.sum(1) / 10.0,
            "looks": np.log1p(self.look),
            "strongest": now[..., LOW].max(1, initial=0.0),
            "strongest before": self._before[..., LOW].max(1, initial=0.0),
        }
        return np.stack([columns[name] for name in GLOBAL], 1).astype(np.float32)
