"""Recorded runs as a helper would have seen them: what it asked, look by look, and what that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from forewarn.helpers.fixed import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.helpers.policy import Allowance
from forewarn.lab.game.batch_policies import BatchPolicy, NetworkPolicy, OrderPolicy
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.lab.population.recorded_look import passes as taken
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.dataset import RunDataset, only

UNBOUNDED = 1e6
"""Passes that pay for everything."""


def rules_of(allowance: Allowance) -> Rules:
    """The environment's rules for what a monitor's looks may spend."""
    budget = min(allowance.budget, UNBOUNDED)
    return Rules(budget, max(min(allowance.carry_over, UNBOUNDED), budget))


def batch_policy(helper: FixedOrder | Learned, codes: Sequence[str]) -> BatchPolicy:
    """Who plays as the helper would; `codes`: of the board's columns."""
    if isinstance(helper, FixedOrder):
        return OrderPolicy(tuple(codes), helper.order, helper.waits, helper.least)
    return NetworkPolicy(helper.network)


def codes_of(helper: FixedOrder | Learned) -> tuple[str, ...]:
    """What it may ask."""
    return helper.order if isinstance(helper, FixedOrder) else tuple(helper.network.sizes.codes)


def order_of(
    dataset: RunDataset, order: tuple[str, ...], name: str, *, waits: bool, whole: bool
) -> FixedOrder:
    """A fixed order; `whole`: begun only where all of it can be paid at the table's prices."""
    if not whole:
        return FixedOrder(order, name, waits)
    batch = RunBatch.of(only(dataset.train, order), order)
    return FixedOrder(order, name, True, OrderPolicy.asked_whole(batch, order).least)


def seen_by(
    helper: FixedOrder | Learned, runs: Sequence[RecordedRun], rules: Rules
) -> tuple[RecordedRun, ...]:
    """The runs with no finding but those that it asked for. ConfigurationError where it can ask nothing."""
    codes = codes_of(helper)
    able = only(runs, codes)
    asked = _asked(batch_policy(helper, codes), RunBatch.of(able, codes), rules)
    return tuple(_shown(run, row) for run, row in zip(able, asked, strict=True))


def passes(seen: Sequence[RecordedRun]) -> float:
    """Forward passes over the audit set that the mean look took."""
    looks = [look for run in seen for look in run.looks]
    return sum(taken(look.answers) for look in looks) / max(len(looks), 1)


def _asked(policy: BatchPolicy, batch: RunBatch, rules: Rules) -> Bool[np.ndarray, "r l c"]:
    n, rows = len(batch.names), np.arange(len(batch.names))
    game = VectorEnv(batch, rules, n, shuffled=False)
    asked = np.zeros((n, int(batch.looks.max()), game.n_questions), bool)
    seen, over = game.reset(), np.zeros(n, bool)
    while not over.all():
        choice = policy.choose(seen)
        question = np.minimum(choice, game.n_questions - 1)
        able = (choice < game.n_questions) & seen.open[rows, question] & ~over
        turn = game.step(choice)
        asked[rows[able], turn.look[able], question[able]] = True
        over |= turn.run_over
        seen = turn.observation
    return asked


def _shown(run: RecordedRun, asked: Bool[np.ndarray, "l c"]) -> RecordedRun:
    looks = (look.only(row.tolist()) for look, row in zip(run.looks, asked, strict=False))
    return replace(run, looks=tuple(looks))
