"""What a helper is paid for: the source's own question."""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.contest.entrants.learned import Reinforced
from forewarn.game.board import Board
from forewarn.game.rewards import Conviction
from forewarn.helpers.expert import Expert
from forewarn.training.school import Pupil
from forewarn.training.watching import Check
from helper_parts.entrants import course, debated, learned, rules
from helper_parts.part import HARD, Setting, lines, table

DEPTHS = (1, 2)


def entrants() -> list[Reinforced]:
    """Conviction is the debate of depth 0: nobody answers."""
    naive = Reinforced("conviction (debate, depth 0)", course(Conviction(), rules()), Expert())
    return [naive, learned(name="calibrated"), *map(debated, DEPTHS)]


def rewards(setting: Setting) -> Iterator[str]:
    """Both errors for each, at the end and on the way."""
    yield "## Rewards\n"
    yield from lines(setting.play(entrants(), HARD), "calibrated", ("conviction (debate, depth 0)",))
    yield "Untaught, so that the reward alone decides, on the way; runs held out, alarms above one half:\n"
    heads = ("reward", "update", "false alarms", "misses", "passes")
    yield from table(heads, [row for entrant in entrants() for row in _way(entrant, setting)])


def _way(entrant: Reinforced, setting: Setting) -> Iterator[tuple[str, ...]]:
    """Checks of one training; litters of even and of odd places are kept apart."""
    litters = sorted({run.nature.litter for run in setting.runs})
    mine = set(litters[::2])
    board, held_out = (
        Board.of([run for run in setting.runs if (run.nature.litter in mine) is side], setting.codes)
        for side in (True, False)
    )
    pupil = Pupil(board, entrant.course, None, held_out)
    for check in pupil.learn():
        yield entrant.name, *_told(check)


def _told(check: Check) -> tuple[str, ...]:
    found = check.held_out
    return f"{check.update}", f"{found.false_alarms:.3f}", f"{found.misses:.3f}", f"{found.passes:.2f}"
