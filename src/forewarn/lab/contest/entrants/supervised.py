"""A supervised classifier on the same evidence: everything that was measured, and no choice of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float32, Float64

from forewarn.judges.claims import strongest
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, LookScores
from forewarn.lab.evaluation.detectors.logistic import Scaled, learn
from forewarn.lab.game.features import EVIDENCE
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.population.recorded_look import RecordedLook
from forewarn.lab.population.run import RecordedRun

N_FIGURES = 4
"""Lower end, effect, promise and null of each code's strongest claim; 0.0 without one."""


@final
@dataclass(frozen=True)
class Supervised(Entrant):
    """Logistic regression on every figure of every probe, of either sign, at the price of asking everything."""

    name: str = "supervised"

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """One fit to all looks with a settled label."""
        codes = batch.codes
        return _Classifier(codes, learn(runs, lambda run: _figures(run, codes), signed=True))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Classifier(FittedEntrant):
    codes: tuple[str, ...]
    fit: Scaled

    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        chance = np.zeros(batch.able.shape)
        for row, run in enumerate(runs):
            chance[row, : len(run.looks)] = self.fit(_figures(run, self.codes))
        there = np.arange(batch.able.shape[1])[None] < batch.looks[:, None]
        return LookScores(
            np.where(batch.able, chance, 0.0), np.where(there, _price(batch), 0.0).astype(np.float32)
        )


def _price(batch: RunBatch) -> Float32[np.ndarray, "r l"]:
    """Of everything that can be asked at each look: a follow-up can be where something was claimed."""
    claimed = batch.answer[..., EVIDENCE] > 0
    follows = np.take_along_axis(claimed, batch.parent.clip(0)[:, None], 2)
    return batch.whole((batch.code >= 0)[:, None] & ((batch.parent < 0)[:, None] | follows))


def _figures(run: RecordedRun, codes: Sequence[str]) -> Float64[np.ndarray, "look figure"]:
    return np.array([[x for code in codes for x in _strongest(look, code)] for look in run.looks])


def _strongest(look: RecordedLook, code: str) -> tuple[float, ...]:
    best = strongest(look.outcomes, code)
    return (0.0,) * N_FIGURES if best is None else (best.interval.low, best.effect, best.explored, best.null)
