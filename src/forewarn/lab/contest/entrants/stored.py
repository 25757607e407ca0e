"""A helper as it is stored: it learns nothing more, and only the judge of what it asks is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.helpers.stored import StoredHelper
from forewarn.lab.contest.entrant import Entrant, Looker, LookScores, Playing
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.material import only
from forewarn.lab.training.replayed import codes_of, player_of


@final
@dataclass(frozen=True)
class StoredEntrant(Entrant):
    """Asks what its folder says."""

    rules: Rules
    helper: StoredHelper
    name: str = "helper"

    def prepare(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> Looker:
        """Its judge is fitted as everybody's is, so that only the choice of questions is compared."""
        codes = codes_of(self.helper.policy)
        player = player_of(self.helper.policy, codes)
        judged = Playing.judged(player, self.rules, RunBatch.of(only(runs, codes), codes))
        return _OwnCodes(judged, codes)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _OwnCodes(Looker):
    """Sees nothing of probes that it has no column for."""

    looker: Looker
    codes: tuple[str, ...]

    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        able = only(runs, self.codes)
        return self.looker.look(able, RunBatch.of(able, self.codes))
