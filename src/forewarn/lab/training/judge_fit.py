"""The judge of what a helper asked: fitted to its own looks, since it sees no others."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from forewarn.judges.fit import RIDGE
from forewarn.lab.game.features import no_news
from forewarn.lab.game.rollouts import Rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.stats.calibration import Logistic, LogisticFitter


def fit_judge(batch: RunBatch, found: Rollouts) -> Logistic:
    """A logistic fit to all looks with a settled label: each run counts the same, and both labels do.

    A look at a deceptive run counts from its onset on, and as neither before.
    """
    settled = _settled_looks(batch)
    run, look = np.nonzero(settled)
    labels = batch.deceptive[run]
    weights = 1.0 / settled.sum(1)[run]
    total = len(set(run.tolist()))
    for label in (False, True):
        weights[labels == label] *= total / 2 / max(weights[labels == label].sum(), 1e-12)
    fitter = LogisticFitter(RIDGE, common=True)
    fitter.update(found.features[run, look].astype(np.float64), labels, weights)
    return fitter.fit()


def _settled_looks(batch: RunBatch) -> Bool[np.ndarray, "r l"]:
    """Looks that could tell something and whose truth is settled."""
    index = np.arange(batch.able.shape[1])[None]
    begun = ~batch.deceptive[:, None] | (index >= batch.onset[:, None])
    settled: Bool[np.ndarray, "r l"] = batch.able & begun & (index < batch.looks[:, None])
    return settled


def probabilities(judge: Logistic, batch: RunBatch, found: Rollouts) -> Float64[np.ndarray, "r l"]:
    """Of every look; 0.0 where it could tell nothing. What was done at the first look is no news.

    The weights are learned from looks that stand for themselves, since a run that deceives from its first look on
    would teach that evidence weighs nothing.
    """
    features, k = found.features.copy(), len(batch.codes)
    # What a defender has asked in a debate is not in `asked`, and stays as it is.
    features[..., :k] -= no_news(batch, found.asked)
    odds = features @ np.array(judge.weights) + judge.intercept
    chance: Float64[np.ndarray, "r l"] = np.where(batch.able, 1.0 / (1.0 + np.exp(-odds)), 0.0)
    return chance
