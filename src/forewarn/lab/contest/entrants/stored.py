"""A helper as it is stored: it learns nothing more, and only the judge of what it asks is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.helpers.stored import StoredHelper
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, JudgedPolicy, LookScores
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.dataset import only
from forewarn.lab.training.replayed import batch_policy, codes_of


@final
@dataclass(frozen=True)
class StoredEntrant(Entrant):
    """Asks what its folder says."""

    rules: Rules
    helper: StoredHelper
    name: str = "helper"

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Its judge is fitted as everybody's is, so that only the choice of questions is compared."""
        codes = codes_of(self.helper.policy)
        policy = batch_policy(self.helper.policy, codes)
        judged = JudgedPolicy.judged(policy, self.rules, RunBatch.of(only(runs, codes), codes))
        return _OwnCodes(judged, codes)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _OwnCodes(FittedEntrant):
    """Sees nothing of probes that it has no column for."""

    fitted: FittedEntrant
    codes: tuple[str, ...]

    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        able = only(runs, self.codes)
        return self.fitted.look(able, RunBatch.of(able, self.codes))
