"""Many looks at recorded runs, played side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float32, Int64

from forewarn.helpers.encoding import ANSWER, GLOBAL, MOST, PASSES
from forewarn.helpers.policy import SLACK, Allowance
from forewarn.lab.game.features import Asked, Rows, claims, rebuttals
from forewarn.lab.game.observation import Observation
from forewarn.lab.game.run_batch import RunBatch

EVIDENCE, LOW = (ANSWER.index(name) for name in ("evidence", "low"))
WAIT = -1
"""A choice: nothing happens in this game."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be spent, in forward passes over the audit set, and whether there is a debate."""

    budget: float = 10.0
    """Added at every look."""
    carry_over: float = 40.0
    """What is left over is kept for later looks, up to this; a look never has less than the budget."""
    answers: int = 0
    """Depth of the debate: follow-ups that a defender may ask at each look; the helper replies between two."""

    @property
    def allowance(self) -> Allowance:
        """The same as a live look's examiner is given."""
        return Allowance(self.budget, self.carry_over)


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """What came of one choice in each of n games."""

    observation: Observation
    """Of the next choice; of a fresh run where one has ended."""
    cost: Float32[np.ndarray, " n"]
    failed: Bool[np.ndarray, " n"]
    """Whether the question made a claim that was not confirmed."""
    look_over: Bool[np.ndarray, " n"]
    run_over: Bool[np.ndarray, " n"]
    features: Float32[np.ndarray, "n k"]
    """What a judge sees of the look that is over; 0.0 where none is. After a debate, twice as many (`sides`)."""
    run: Int64[np.ndarray, " n"]
    look: Int64[np.ndarray, " n"]
    """Where the choice was made."""


@final
class VectorEnv:
    """Mutable. The same seed and choices give the same turns.

    A choice is the index of a question, the number of questions to stop, or WAIT. A look is over when nothing that
    is left can be paid, or by choice; what cannot be asked counts as stopping. With a debate, the defender then
    asks one follow-up of what was claimed, or none; then the helper one; and so on to the rules' depth, the
    defender last. These questions cost, but not the budget. Runs are drawn anew, or played in order.
    """

    def __init__(
        self, batch: RunBatch, rules: Rules, n: int, seed: int = 0, *, shuffled: bool = True
    ) -> None:
        self.batch, self._rules, self.n, self._shuffled = batch, rules, n, shuffled
        self._draw = np.random.default_rng(seed)
        self.n_questions, self._rows = batch.cost.shape[1], np.arange(n)
        self._exists, self._passes = batch.code >= 0, batch.passes
        self._next = 0
        self.lacked: set[tuple[int, int, int]] = set()
        """Run, look and question, of all that was asked and that the table lacks."""
        self.phase = np.zeros(n, np.int64)
        """0 while the helper asks; then the debate's turns, of which the odd ones are the defender's."""

    @property
    def defends(self) -> Bool[np.ndarray, " n"]:
        """Where it is the defender's turn."""
        found: Bool[np.ndarray, " n"] = self.phase % 2 == 1
        return found

    def reset(self, seed: int | None = None) -> Observation:
        """A fresh run in every game, drawn by the seed where one is given."""
        if seed is not None:
            self._draw = np.random.default_rng(seed)
        self._next = 0
        shape = (self.n, self.n_questions)
        self.run = np.zeros(self.n, np.int64)
        self.look = np.zeros(self.n, np.int64)
        self.phase = np.zeros(self.n, np.int64)
        self._budget = np.zeros(self.n, np.float32)
        self._asked = np.zeros(shape, bool)
        self._done = np.zeros((self.n, len(self._passes)), bool)
        self._since = np.full(shape, -1)
        self._before = np.zeros((*shape, len(ANSWER)), np.float32)
        self._begin(np.ones(self.n, bool))
        return self._observe()

    def step(self, choice: Int64[np.ndarray, " n"]) -> Transition:
        """Ask, stop or wait in every game."""
        run, look = self.run.copy(), self.look.copy()
        waits, price = choice == WAIT, self._price()[self._rows, np.minimum(choice, self.n_questions - 1)]
        asks = self._ask(choice, price)
        cost = np.where(asks, price, 0.0)
        failed = asks & self._unconfirmed(run, look, choice)
        over = ~waits & self._over(asks, waits)
        features = np.zeros((self.n, self.n_features), np.float32)
        features[over] = self.judge_features(np.flatnonzero(over))
        ended = over & (look + 1 >= self.batch.looks[run])
        self._next_look(over & ~ended)
        self._begin(ended)
        return Transition(self._observe(), cost.astype(np.float32), failed, over, ended, features, run, look)

    @property
    def n_features(self) -> int:
        """What a judge sees of a look: claims, and after a debate what was brought against them."""
        return len(self.batch.codes) * (2 if self._rules.answers else 1)

    def _over(self, asks: Bool[np.ndarray, " n"], waits: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Where the look is; elsewhere it is the next side's turn."""
        if not self._rules.answers:
            return ~asks | ~self.open().any(1)
        done = (self.phase > 0) | ~asks | ~self.open().any(1)
        last = (self.phase >= 2 * self._rules.answers - 1) | ~self._debated().any(1)
        self.phase[done & ~last & ~waits] += 1
        over: Bool[np.ndarray, " n"] = done & last
        return over

    def _price(self) -> Float32[np.ndarray, "n c"]:
        """Of each question now: work that was done at this look is not paid again."""
        left = self.batch.needs[self.run] & ~self._done[:, None]
        price: Float32[np.ndarray, "n c"] = self.batch.cost[self.run] + left @ self._passes
        return price.astype(np.float32, copy=False)

    def _ask(
        self, choice: Int64[np.ndarray, " n"], price: Float32[np.ndarray, " n"]
    ) -> Bool[np.ndarray, " n"]:
        question = np.minimum(choice, self.n_questions - 1)
        able = self.open()[self._rows, question]
        asks: Bool[np.ndarray, " n"] = (choice >= 0) & (choice < self.n_questions) & able
        self._asked[self._rows[asks], question[asks]] = True
        lacked = np.flatnonzero(asks & self.batch.lacks[self.run, self.look, question])
        self.lacked |= {(int(self.run[i]), int(self.look[i]), int(question[i])) for i in lacked}
        paid = asks & (self.phase == 0)
        self._budget[paid] -= price[paid]
        self._done[asks] |= self.batch.needs[self.run[asks], question[asks]]
        return asks

    def open(self) -> Bool[np.ndarray, "n c"]:
        """Questions that can be asked now, by the side whose turn it is."""
        affordable = self._price() <= self._budget[:, None] + SLACK
        found = self._there() & ~self._asked & affordable
        open_: Bool[np.ndarray, "n c"] = np.where(self.phase[:, None] > 0, self._debated(), found)
        return open_

    def _debated(self) -> Bool[np.ndarray, "n c"]:
        """Follow-ups of what was claimed, not asked yet."""
        found: Bool[np.ndarray, "n c"] = self._there() & ~self._asked & (self.batch.parent[self.run] >= 0)
        return found

    def _there(self) -> Bool[np.ndarray, "n c"]:
        """Questions that exist now: a follow-up does once what it follows was asked and claimed something."""
        parent = self.batch.parent[self.run]
        claimed = self._asked & (self.batch.answer[self.run, self.look, :, EVIDENCE] > 0)
        follows = np.take_along_axis(claimed, parent.clip(0), 1)
        there: Bool[np.ndarray, "n c"] = self._exists[self.run] & ((parent < 0) | follows)
        return there

    def _unconfirmed(
        self,
        run: Int64[np.ndarray, " n"],
        look: Int64[np.ndarray, " n"],
        choice: Int64[np.ndarray, " n"],
    ) -> Bool[np.ndarray, " n"]:
        found = self.batch.answer[run, look, np.minimum(choice, self.n_questions - 1)]
        vain: Bool[np.ndarray, " n"] = (found[:, EVIDENCE] > 0) & (found[:, LOW] <= 0)
        return vain

    def judge_features(
        self, games: Int64[np.ndarray, " m"], also: int | None = None
    ) -> Float32[np.ndarray, "m k"]:
        """What a judge would see of the look in some games as things stand, or with one more question asked."""
        asked = self._asked[games]
        if also is not None:
            asked[:, also] = True
        return self._features(self.run[games], self.look[games], asked)

    def _features(self, run: Rows, look: Rows, asked: Asked) -> Float32[np.ndarray, "m k"]:
        found = claims(self.batch, run, look, asked)
        if not self._rules.answers:
            return found
        return np.concatenate([found, rebuttals(self.batch, run, look, asked)], 1)

    def _next_look(self, games: Bool[np.ndarray, " n"]) -> None:
        """The next look of the same run: what was seen is what was seen before from now on."""
        asked = self._asked & games[:, None]
        self._before[asked] = self.batch.answer[self.run, self.look][asked]
        self._since[asked] = np.broadcast_to(self.look[:, None], asked.shape)[asked]
        self._asked[games], self._done[games] = False, False
        self.look[games] += 1
        self.phase[games] = 0
        allowance = self._rules.allowance
        self._budget[games] = np.minimum(self._budget[games] + allowance.budget, allowance.most)

    def _begin(self, games: Bool[np.ndarray, " n"]) -> None:
        """A fresh run."""
        n = int(games.sum())
        if self._shuffled:
            self.run[games] = self._draw.integers(len(self.batch.names), size=n)
        else:
            self.run[games] = (self._next + np.arange(n)) % len(self.batch.names)
            self._next += n
        self.look[games], self.phase[games], self._budget[games] = 0, 0, self._rules.allowance.available(0.0)
        self._asked[games], self._done[games] = False, False
        self._since[games], self._before[games] = -1, 0.0

    def _observe(self) -> Observation:
        batch, asked = self.batch, self._asked
        now = batch.answer[self.run, self.look] * asked[..., None]
        age = np.where(self._since >= 0, 1.0 / (1 + self.look[:, None] - self._since), 0.0)
        candidates = np.concatenate(
            [self._placed(), now, self._before, age[..., None].astype(np.float32)], -1
        )
        candidates[~self._there()] = 0.0
        return Observation(candidates, self._whole(now), self.open())

    def _placed(self) -> Float32[np.ndarray, "n c p"]:
        """Where each question looks, at what it costs now."""
        place = self.batch.place[self.run]
        place[..., -1] = self._price() / PASSES
        return place

    def _whole(self, now: Float32[np.ndarray, "n c a"]) -> Float32[np.ndarray, "n g"]:
        columns = {
            "budget": np.minimum(self._budget, MOST) / PASSES,
            "known": self.batch.known[self.run, self.look],
            "asked": self._asked.sum(1) / 10.0,
            "looks": np.log1p(self.look),
            "strongest": now[..., LOW].max(1, initial=0.0),
            "strongest before": self._before[..., LOW].max(1, initial=0.0),
        }
        return np.stack([columns[name] for name in GLOBAL], 1).astype(np.float32)
