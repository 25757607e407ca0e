"""A helper as it is stored: it learns nothing more, and only the judge of what it asks is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.helpers.stored import StoredHelper
from forewarn.lab.contest.entrant import Entrant, Looker, Playing, Seen
from forewarn.lab.game.board import Board
from forewarn.lab.game.table_game import Rules
from forewarn.lab.population.run import Run
from forewarn.lab.training.material import only
from forewarn.lab.training.seeing import codes_of, player_of


@final
@dataclass(frozen=True)
class Stored(Entrant):
    """Asks what its folder says."""

    rules: Rules
    helper: StoredHelper
    name: str = "helper"

    def prepare(self, runs: tuple[Run, ...], board: Board, seed: int) -> Looker:
        """Its judge is fitted as everybody's is, so that only the choice of questions is compared."""
        codes = codes_of(self.helper.policy)
        player = player_of(self.helper.policy, codes)
        judged = Playing.judged(player, self.rules, Board.of(only(runs, codes), codes))
        return _OwnCodes(judged, codes)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _OwnCodes(Looker):
    """Sees nothing of probes that it has no column for."""

    looker: Looker
    codes: tuple[str, ...]

    def look(self, runs: tuple[Run, ...], board: Board) -> Seen:
        able = only(runs, self.codes)
        return self.looker.look(able, Board.of(able, self.codes))
