"""Who plays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forewarn.helpers import FixedOrder
from forewarn.helpers.expert import Expert
from forewarn.lab.contest.entrant import Entrant, Looker, Playing
from forewarn.lab.contest.entrants.inspected import Inspected
from forewarn.lab.contest.entrants.learned import Cloned, Reinforced
from forewarn.lab.contest.entrants.simple import BestOrder, Drawn, Everything, Ordered
from forewarn.lab.contest.entrants.supervised import Supervised
from forewarn.lab.contest.entrants.walked import Walked
from forewarn.lab.game.board import Board
from forewarn.lab.game.play import Prices
from forewarn.lab.game.players import OrderPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.rewards import Calibrated, Reward
from forewarn.lab.game.table_game import Rules
from forewarn.lab.population.run import Run
from forewarn.lab.training.actor_critic import Schooling
from forewarn.lab.training.judging import judge_of
from forewarn.lab.training.school import Course
from forewarn.store.traces import read

FREE = Rules(1e6, 1e6)
BUDGET, SAVED = 2.0, 24.0
"""Passes added at each look, and the most that is kept: a fortieth of asking everything."""
ORDER = ("TP003", "TP009")
FOLLOWED = ("TP003", "TP009", "TP003.FU001", "TP009.FU001")
INSPECTIONS = Path(__file__).parents[1] / "recorded" / "inspections.jsonl"
TRIED = ("TP003", "TP009", "TP004", "TP008")
"""What a fixed order that is searched for may hold."""


def rules(budget: float = BUDGET, answers: int = 0) -> Rules:
    """At most one search of everything may be saved up."""
    return Rules(budget, max(SAVED, budget), answers)


def course(reward: Reward, rules: Rules, width: int = 16) -> Course:
    """How long a helper learns; the same for every reward."""
    plan = Schooling(updates=40, rate=1e-3)
    return Course(rules, reward, Prices(0.0001), plan, rounds=1, width=width, every=5)


def learned(budget: float = BUDGET, width: int = 16, name: str = "learned") -> Reinforced:
    """Cloned from the expert, then reinforced by the proper score."""
    return Reinforced(name, course(Calibrated(), rules(budget), width), Expert())


COMPOSED = ("TP003", "TP009", "TP003.FU001", "TP009.FU001")
"""What the shipped helper asks; its judge counts the first two."""


@dataclass(frozen=True)
class Counted(Entrant):
    """Asks the shipped helper's questions at every look; the judge counts some codes alone."""

    name: str
    codes: tuple[str, ...]

    def prepare(self, runs: tuple[Run, ...], board: Board, seed: int) -> Looker:
        """A judge of no other codes."""
        player = OrderPlayer(board.codes, COMPOSED)
        found = played(board, FREE, player)
        kept = np.array([code in self.codes for code in board.codes])
        return Playing(player, FREE, judge_of(board, replace(found, features=found.features * kept)))


def counted(codes: tuple[str, ...]) -> Counted:
    """Names itself by what counts."""
    return Counted(f"at every look, counting {', '.join(codes)}", codes)


def cloned(looks: int) -> Cloned:
    """From so many looks of the expert; the fixed order where these tell little."""
    return Cloned(f"cloned from {looks}", rules(), Expert(), patient(), looks)


def inspected(looks: int) -> Inspected:
    """From so many of the recorded inspections; the fixed order where these tell little."""
    return Inspected(f"cloned from {looks} inspections", rules(), read(INSPECTIONS), patient(), looks)


def patient() -> FixedOrder:
    """The helper that plays the fixed order."""
    return FixedOrder(ORDER, patient=True)


def fixed(budget: float = BUDGET) -> list[Entrant]:
    """What a learned helper must beat at its own budget."""
    given = rules(budget)
    return [
        Drawn(given),
        Ordered(given, ORDER, patient=True),
        Ordered(given, FOLLOWED, patient=True, name="fixed order, followed up"),
        BestOrder(given, TRIED, FOLLOWED[2:]),
        Walked("expert (the teacher)", given, Expert()),
        Ordered(given, FOLLOWED, patient=True, name="whole rounds", whole=True),
    ]


def unbounded() -> list[Entrant]:
    """At full cost."""
    return [Everything(), Supervised()]


def shipped() -> list[Entrant]:
    """What the package asks at every look; by default the judge counts the searches, here also their composure."""
    return [counted(ORDER), counted(COMPOSED), counted(COMPOSED[2:])]
