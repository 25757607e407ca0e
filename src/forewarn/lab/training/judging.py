"""The judge of what a helper asked: fitted to its own looks, since it sees no others."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from forewarn.judges.fit import RIDGE
from forewarn.lab.game.board import Board
from forewarn.lab.game.playing import Played
from forewarn.stats.calibration import Logistic, LogisticFitter


def judge_of(board: Board, found: Played) -> Logistic:
    """A logistic fit to all looks with a settled label: each run counts the same, and both labels do.

    A look at a deceptive run counts from its onset on, and as neither before.
    """
    settled = settled_looks(board)
    run, look = np.nonzero(settled)
    labels = board.deceptive[run]
    weights = 1.0 / settled.sum(1)[run]
    total = len(set(run.tolist()))
    for label in (False, True):
        weights[labels == label] *= total / 2 / max(weights[labels == label].sum(), 1e-12)
    fitter = LogisticFitter(RIDGE, common=True)
    fitter.update(found.features[run, look].astype(np.float64), labels, weights)
    return fitter.fit()


def settled_looks(board: Board) -> Bool[np.ndarray, "r l"]:
    """Looks that could tell something and whose truth is settled."""
    index = np.arange(board.able.shape[1])[None]
    begun = ~board.deceptive[:, None] | (index >= board.onset[:, None])
    settled: Bool[np.ndarray, "r l"] = board.able & begun & (index < board.looks[:, None])
    return settled


def probabilities(judge: Logistic, board: Board, found: Played) -> Float64[np.ndarray, "r l"]:
    """Of every look; 0.0 where it could tell nothing."""
    odds = found.features @ np.array(judge.weights) + judge.intercept
    chance: Float64[np.ndarray, "r l"] = np.where(board.able, 1.0 / (1.0 + np.exp(-odds)), 0.0)
    return chance
