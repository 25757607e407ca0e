"""Any helper at all, asked choice by choice as it would be live: the slow way, for those without a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool

from forewarn.helpers import Helper
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, LookScores
from forewarn.lab.game.episode import episode
from forewarn.lab.game.features import claims
from forewarn.lab.game.rollouts import Rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.judge_fit import fit_judge, probabilities
from forewarn.stats.calibration import Logistic


@final
@dataclass(frozen=True)
class AnyHelper(Entrant):
    """Learns to judge what a helper asks; the helper learns nothing."""

    name: str
    rules: Rules
    helper: Helper

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """The seed decides nothing."""
        return _FittedHelper(
            self.helper, self.rules, fit_judge(batch, _played(self.helper, runs, batch, self.rules))
        )


@final
@dataclass(frozen=True, slots=True, eq=False)
class _FittedHelper(FittedEntrant):
    helper: Helper
    rules: Rules
    judge: Logistic

    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        found = _played(self.helper, runs, batch, self.rules)
        return LookScores(probabilities(self.judge, batch, found), found.spent, found.lacked)


def _played(helper: Helper, runs: Sequence[RecordedRun], batch: RunBatch, rules: Rules) -> Rollouts:
    asked = _asked(helper, runs, batch, rules)
    n, most, _ = asked.shape
    row, look = (index.ravel() for index in np.indices((n, most)))
    features = claims(batch, row, look, asked[row, look]).reshape(n, most, -1)
    lacked = frozenset((int(r), int(t), int(c)) for r, t, c in np.argwhere(asked & batch.lacks))
    return Rollouts(features, batch.whole(asked), lacked)


def _asked(
    helper: Helper, runs: Sequence[RecordedRun], batch: RunBatch, rules: Rules
) -> Bool[np.ndarray, "r l c"]:
    asked = np.zeros(batch.lacks.shape, bool)
    for row, run in enumerate(runs):
        column = {question: k for k, question in enumerate(run.looks[0].questions)}
        for index, look in enumerate(episode(helper, run, rules)):
            asked[row, index, [column[a.inquiry.question] for a in look.asked]] = True
    return asked
