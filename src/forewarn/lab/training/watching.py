"""Both errors while a helper learns: a collapse is seen where it begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forewarn.lab.game.board import Board
from forewarn.lab.game.playing import Played
from forewarn.lab.training.judging import probabilities
from forewarn.stats.calibration import Logistic

FLOOR = 0.5
"""Probability above which a look counts as an alarm; no promise is made while a helper learns."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one helper on some runs."""

    false_alarms: float
    """Share of honest runs with a look above one half."""
    misses: float
    """Share of deceptive runs without."""
    passes: float
    """Spent in the mean look."""


@dataclass(frozen=True, slots=True)
class Check:
    """The helper of one moment."""

    update: int
    """Counted over all rounds."""
    reward: float
    """Mean of a choice in the game that it learns in; 0.0 where a round begins."""
    worth: float
    """On the runs that it learns from (`worth_of`)."""
    learned: Errors
    """On the same runs."""
    held_out: Errors
    """On runs that are held out; the same again where none are."""


def errors(board: Board, found: Played, judge: Logistic) -> Errors:
    """Judge what was asked."""
    flagged = probabilities(judge, board, found).max(1) > FLOOR
    return Errors(
        false_alarms=float(flagged[~board.deceptive].mean()),
        misses=float((~flagged[board.deceptive]).mean()),
        passes=float(found.spent.sum() / board.looks.sum()),
    )


def worth_of(board: Board, found: Played, judge: Logistic, price: float) -> float:
    """What a helper is worth, whatever it was paid for: the less, the greater its errors, Brier score and price.

    Minus the mean of balanced error and Brier score of whole runs, whose probability is their greatest; both
    truths count the same. The error is what is wanted, the Brier score tells helpers apart that err alike.
    `price`: of a forward pass.
    """
    found_errors, chance = errors(board, found, judge), probabilities(judge, board, found).max(1)
    off = np.square(board.deceptive - chance)
    brier = float(off[board.deceptive].mean() + off[~board.deceptive].mean()) / 2
    wrong = (found_errors.false_alarms + found_errors.misses) / 2
    return -(wrong + brier) / 2 - price * found_errors.passes
