"""Every run of a board played once, from its first look to its last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from forewarn.lab.game.board import Board
from forewarn.lab.game.debate import Defender, answered
from forewarn.lab.game.play import SILENT
from forewarn.lab.game.players import Player
from forewarn.lab.game.table_game import Rules, TableGame


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What came of it, by run and look; 0.0 where a run has no such look."""

    features: Float32[np.ndarray, "r l k"]
    """What a judge sees (`game.judged`)."""
    spent: Float32[np.ndarray, "r l"]
    """Forward passes over the audit set."""
    lacked: frozenset[tuple[int, int, int]] = frozenset()
    """Run, look and question, of all that was asked and that the board lacks."""


def played(board: Board, rules: Rules, player: Player, defender: Defender = SILENT) -> Played:
    """All runs side by side."""
    n, most = len(board.names), int(board.looks.max())
    game = TableGame(board, rules, n, shuffled=False)
    seen, over = game.reset(), np.zeros(n, bool)
    features = np.zeros((n, most, game.n_features), np.float32)
    spent = np.zeros((n, most), np.float32)
    while not over.all():
        turn = answered(game, player.choose(seen), defender)
        rows = np.flatnonzero(~over)
        spent[rows, turn.look[rows]] += turn.cost[rows]
        ended = np.flatnonzero(turn.look_over & ~over)
        features[ended, turn.look[ended]] = turn.features[ended]
        over |= turn.run_over
        seen = turn.seen
    return Played(features, spent, frozenset(game.lacked))
