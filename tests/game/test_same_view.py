"""What a helper sees in the game is what it sees at a live look: bit by bit, all along recorded runs."""

from __future__ import annotations

import numpy as np
import torch

from forewarn.evaluation.shipped import load
from forewarn.game.board import Board
from forewarn.game.table_game import Rules, TableGame
from forewarn.helpers import Asked, Inquiry, Recall, Situation
from forewarn.helpers.view import view
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

RULES = Rules(allowance=9.0, most=30.0)


def outcome(f, site):
    """A finding as the outcome that it was recorded from."""
    if f.kind == "evidence":
        interval = Interval(f.low, f.high)
        return Evidence(f.code, "claim", site, f.effect, "unit", interval, f.null, f.n, f.explored, "{}", "d")
    if f.kind == "nothing":
        return Nothing(f.code, site, "reason", 1)
    return (NotApplicable if f.kind == "not-applicable" else Failed)(f.code, site, "reason")


def test_the_game_shows_what_a_live_look_shows():
    table = load()
    runs = table.runs["K1"][::40]
    for run in runs:
        game = TableGame(Board.of([run], table.codes), RULES, 1, shuffled=False)
        seen, draw, recall = game.reset(), np.random.default_rng(0), Recall()
        for look in run.looks:
            places = [Site(f.layer, f.depth, f.component, f.token) for f in look.findings]
            inquiries = [Inquiry(f.code, s, f.cost) for f, s in zip(look.findings, places, strict=True)]
            purse = min(recall.saved + RULES.allowance, RULES.most)
            now = Situation(tuple(inquiries), (), purse, look.known / look.asked, recall)
            over = False
            while not over:
                live = view(now, table.codes)
                order = [live.inquiries.index(i) for i in inquiries]
                assert torch.allclose(
                    live.candidates[0][order], torch.from_numpy(seen.candidates[0]), atol=1e-6
                )
                assert torch.allclose(live.whole[0], torch.from_numpy(seen.whole[0]), atol=1e-5)
                assert live.open[0][order].tolist() == seen.open[0].tolist()
                able = np.flatnonzero(seen.open[0])
                choice = int(draw.choice([*able, len(inquiries)]))
                turn = game.step(np.array([choice]))
                over, seen = bool(turn.look_over[0]), turn.seen
                if choice < len(inquiries):
                    chosen = inquiries[choice]
                    asked = Asked(chosen, outcome(look.findings[choice], chosen.site))
                    left = tuple(i for i in now.open if i is not chosen)
                    now = Situation(left, (*now.asked, asked), now.budget - chosen.cost, now.known, recall)
            recall = recall.after([a.outcome for a in now.asked], now.budget)
