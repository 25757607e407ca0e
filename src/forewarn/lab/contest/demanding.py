"""Looking at runs of which a table does not hold every answer: what is asked and lacking is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lab.contest.entrant import Looker, Seen
from forewarn.lab.game.board import Board
from forewarn.lab.population.completing import place_of
from forewarn.lab.population.on_demand import OnDemand, Wanted
from forewarn.lab.population.run import Run


def seen_whole(
    looker: Looker, runs: tuple[Run, ...], codes: Sequence[str], source: OnDemand | None
) -> tuple[Board, Seen]:
    """What a looker sees once everything it asks is measured; `lacked` tells what the table had not held.

    A looker asks the same where it sees the same: each turn goes on where the one before lacked an answer.
    ConfigurationError where an answer is lacking and there is no source.
    """
    board = Board.of(runs, codes)
    first, now = board.lacks, runs
    while True:
        seen = looker.look(now, replace(board, lacks=first))
        open_ = [(r, t, c) for r, t, c in sorted(seen.lacked) if board.lacks[r, t, c]]
        if not open_:
            return board, seen
        if source is None:
            raise ConfigurationError(_told(_wanted(runs, open_)[0]))
        now = source.answered(now, _wanted(runs, open_))
        board = Board.of(now, codes)


def _wanted(runs: Sequence[Run], open_: Sequence[tuple[int, int, int]]) -> list[Wanted]:
    return [(runs[r].nature.name, t, place_of(runs[r].looks[t].findings[c])) for r, t, c in open_]


def _told(wanted: Wanted) -> str:
    name, look, place = wanted
    return (
        f"the table does not hold {place[0]} at look {look} of {name}, and it was asked; give the folder of the "
        "litters, so that it can be measured, or look at them again"
    )
