"""Entrants that do not learn which question to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import final

from forewarn.lab.contest.entrant import Entrant, FittedEntrant, JudgedPolicy
from forewarn.lab.game.batch_policies import OrderPolicy, RandomPolicy
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.validation import worth_of
from forewarn.probes.follow_up import followed

UNBOUNDED = Rules(1e6, 1e6)
"""Everything can be asked at every look."""
LONGEST = 2
"""Probes in an order that is searched for."""


@final
@dataclass(frozen=True)
class RandomOrder(Entrant):
    """Asks at random whatever can be paid."""

    rules: Rules
    name: str = "random"

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Learns to judge what chance has asked."""
        return JudgedPolicy.judged(RandomPolicy(seed), self.rules, batch)


@final
@dataclass(frozen=True)
class Ordered(Entrant):
    """The fixed order: the same questions at every look, as far as they can be paid."""

    rules: Rules
    order: tuple[str, ...]
    waits: bool = False
    name: str = "fixed order"
    whole: bool = False
    """Whether a look is begun only where all of it can be paid, follow-ups included: few good looks, no halves."""

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Learns to judge them."""
        policy = OrderPolicy(batch.codes, self.order, self.waits)
        chosen = OrderPolicy.asked_whole(batch, self.order) if self.whole else policy
        return JudgedPolicy.judged(chosen, self.rules, batch)


@final
@dataclass(frozen=True)
class BestOrder(Entrant):
    """The fixed order that does best on the training side: a choice among a few dozen, and no network."""

    rules: Rules
    codes: tuple[str, ...]
    """Of probes that may stand in it."""
    follow_ups: tuple[str, ...] = ()
    """Asked after what they follow, where that stands in it."""
    name: str = "best fixed order"

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Tries every order of up to two probes in four ways.

        Hasty; patient; begun only where its probes can be paid; only where their follow-ups can be paid as well.
        """
        return JudgedPolicy.judged(
            max(self._policies(batch), key=lambda p: self._worth(batch, p)), self.rules, batch
        )

    def _policies(self, batch: RunBatch) -> Sequence[OrderPolicy]:
        able = [code for code in self.codes if code in batch.codes]
        orders = [order for k in range(1, LONGEST + 1) for order in permutations(able, k)]
        whole = [(*order, *(c for c in self.follow_ups if followed(c) in order)) for order in orders]
        hasty, waits = ([OrderPolicy(batch.codes, o, way) for o in whole] for way in (False, True))
        begun = [OrderPolicy.asked_whole(batch, order, paid) for order in whole for paid in _paid(order)]
        return [*hasty, *waits, *begun]

    def _worth(self, batch: RunBatch, policy: OrderPolicy) -> float:
        found = rollouts(batch, self.rules, policy)
        return worth_of(batch, found, fit_judge(batch, found), 0.0)


def _paid(order: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """What must be payable before it is begun."""
    return tuple(code for code in order if followed(code) is None), order


@final
@dataclass(frozen=True)
class Everything(Entrant):
    """Asks everything at every look, whatever it costs."""

    name: str = "exhaustive"

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Learns to judge all of it."""
        return JudgedPolicy.judged(OrderPolicy(batch.codes, batch.codes), UNBOUNDED, batch)
