"""Recorded runs as a helper would have seen them: what it asked, look by look, and what that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from forewarn.helpers.fixed import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.lab.game.board import Board
from forewarn.lab.game.players import NetworkPlayer, OrderPlayer, Player
from forewarn.lab.game.table_game import Rules, TableGame
from forewarn.lab.population.looked import passes as taken
from forewarn.lab.population.run import Run
from forewarn.lab.training.material import Material, only

UNBOUNDED = 1e6
"""Passes that pay for everything."""


def rules_of(budget: float, save_up: float) -> Rules:
    """The game's rules for what a monitor is told."""
    allowance = min(budget, UNBOUNDED)
    return Rules(allowance, max(min(save_up, UNBOUNDED), allowance))


def player_of(helper: FixedOrder | Learned, codes: Sequence[str]) -> Player:
    """Who plays as the helper would; `codes`: of the board's columns."""
    if isinstance(helper, FixedOrder):
        return OrderPlayer(tuple(codes), helper.order, helper.patient, helper.least)
    return NetworkPlayer(helper.network)


def codes_of(helper: FixedOrder | Learned) -> tuple[str, ...]:
    """What it may ask."""
    return helper.order if isinstance(helper, FixedOrder) else tuple(helper.network.sizes.codes)


def order_of(
    material: Material, order: tuple[str, ...], name: str, *, patient: bool, whole: bool
) -> FixedOrder:
    """A fixed order; `whole`: begun only where all of it can be paid at the table's prices."""
    if not whole:
        return FixedOrder(order, name, patient)
    board = Board.of(only(material.train, order), order)
    return FixedOrder(order, name, True, OrderPlayer.asked_whole(board, order).least)


def seen_by(helper: FixedOrder | Learned, runs: Sequence[Run], rules: Rules) -> tuple[Run, ...]:
    """The runs with no finding but those that it asked for. ConfigurationError where it can ask nothing."""
    codes = codes_of(helper)
    able = only(runs, codes)
    asked = _asked(player_of(helper, codes), Board.of(able, codes), rules)
    return tuple(_shown(run, row) for run, row in zip(able, asked, strict=True))


def passes(seen: Sequence[Run]) -> float:
    """Forward passes over the audit set that the mean look took."""
    looks = [look for run in seen for look in run.looks]
    return sum(taken(look.findings) for look in looks) / max(len(looks), 1)


def _asked(player: Player, board: Board, rules: Rules) -> Bool[np.ndarray, "r l c"]:
    n, rows = len(board.names), np.arange(len(board.names))
    game = TableGame(board, rules, n, shuffled=False)
    asked = np.zeros((n, int(board.looks.max()), game.n_questions), bool)
    seen, over = game.reset(), np.zeros(n, bool)
    while not over.all():
        choice = player.choose(seen)
        question = np.minimum(choice, game.n_questions - 1)
        able = (choice < game.n_questions) & seen.open[rows, question] & ~over
        turn = game.step(choice)
        asked[rows[able], turn.look[able], question[able]] = True
        over |= turn.run_over
        seen = turn.seen
    return asked


def _shown(run: Run, asked: Bool[np.ndarray, "l c"]) -> Run:
    looks = tuple(
        replace(look, findings=tuple(f for f, was in zip(look.findings, row, strict=False) if was))
        for look, row in zip(run.looks, asked, strict=False)
    )
    return replace(run, looks=looks)
