"""What was looked at: share of probes, layers, components and snapshots, run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from forewarn.lab.contest.entrant import FittedEntrant, JudgedPolicy
from forewarn.lab.contest.entrants.simple import Ordered, RandomOrder
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import VectorEnv
from helper_parts.entrants import ORDER, learned, rules
from helper_parts.part import Setting, table

HEADS = ("entrant", "snapshots", "probes", "layers", "components and roles", "questions")


def coverage(setting: Setting) -> Iterator[str]:
    """Of runs that were not learned from; means over runs, from the 5th to the 95th percentile."""
    groups = sorted({run.truth.group for run in setting.runs})
    mine = set(groups[::2])
    train, test = (
        tuple(run for run in setting.runs if (run.truth.group in mine) is side) for side in (True, False)
    )
    batch, other = RunBatch.of(train, setting.codes), RunBatch.of(test, setting.codes)
    yield "## Coverage\n"
    entrants = [learned(), RandomOrder(rules()), Ordered(rules(), ORDER, waits=True)]
    rows = [(e.name, *_told(e.fit(train, batch, 0), other)) for e in entrants]
    yield from table(HEADS, rows)


def _told(fitted: FittedEntrant, batch: RunBatch) -> Iterator[str]:
    if not isinstance(fitted, JudgedPolicy):
        raise TypeError(f"only players choose what to look at; found {fitted!r}")
    ever, looks = _asked(fitted, batch)
    roles = batch.place[:, :, len(batch.codes) : -2]
    layers = [np.unique(row[there, -2]).size for row, there in zip(batch.place, batch.code >= 0, strict=True)]
    yield _spread(looks)
    yield _spread(_share(ever, batch.code, batch))
    seen = [np.unique(row[own, -2]).size for row, own in zip(batch.place, ever, strict=True)]
    yield _spread(np.array(seen) / np.array(layers))
    kinds = [len(np.unique(row[own], axis=0)) for row, own in zip(roles, ever, strict=True)]
    every = [len(np.unique(row[own], axis=0)) for row, own in zip(roles, batch.code >= 0, strict=True)]
    yield _spread(np.array(kinds) / np.array(every))
    yield _spread(ever.sum(1) / (batch.code >= 0).sum(1))


def _share(ever: np.ndarray, code: np.ndarray, batch: RunBatch) -> np.ndarray:
    seen = [np.unique(row[own]).size for row, own in zip(code, ever, strict=True)]
    every = [np.unique(row[row >= 0]).size for row in code]
    found: np.ndarray = np.array(seen) / np.array(every)
    return found


def _asked(fitted: JudgedPolicy, batch: RunBatch) -> tuple[np.ndarray, np.ndarray]:
    """Which questions were asked at any look, and at which share of looks any was."""
    n = len(batch.names)
    game = VectorEnv(batch, fitted.rules, n, shuffled=False)
    seen, over = game.reset(), np.zeros(n, bool)
    ever, looks = np.zeros(batch.cost.shape, bool), np.zeros((n, int(batch.looks.max())), bool)
    rows = np.arange(n)
    while not over.all():
        choice = fitted.policy.choose(seen)
        asks = ~over & (choice < batch.cost.shape[1])
        ever[rows[asks], choice[asks]] = True
        turn = game.step(choice)
        looks[rows[asks], turn.look[asks]] = True
        over |= turn.run_over
        seen = turn.observation
    return ever, looks.sum(1) / batch.looks


def _spread(shares: Sequence[float] | np.ndarray) -> str:
    low, high = np.quantile(shares, [0.05, 0.95])
    return f"{np.mean(shares):.2f} ({low:.2f} to {high:.2f})"
