"""Who plays."""

from __future__ import annotations

from forewarn.contest.entrant import Entrant
from forewarn.contest.entrants.learned import Cloned, Reinforced
from forewarn.contest.entrants.simple import BestOrder, Drawn, Everything, Ordered
from forewarn.contest.entrants.supervised import Supervised
from forewarn.game.play import Prices
from forewarn.game.rewards import Calibrated, Reward
from forewarn.game.table_game import Rules
from forewarn.helpers import FixedOrder
from forewarn.helpers.expert import Expert
from forewarn.training.actor_critic import Schooling
from forewarn.training.school import Course

BUDGET, SAVED = 2.0, 24.0
"""Passes added at each look, and the most that is kept: a fortieth of asking everything."""
ORDER = ("TP003", "TP009")
FOLLOWED = ("TP003", "TP009", "TP003.FU001", "TP009.FU001")
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


def cloned(looks: int) -> Cloned:
    """From so many looks of the expert; the fixed order where these tell little."""
    return Cloned(f"cloned from {looks}", rules(), Expert(), patient(), looks)


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
        Ordered(given, FOLLOWED, patient=True, name="whole rounds", whole=True),
    ]


def unbounded() -> list[Entrant]:
    """At full cost."""
    return [Everything(), Supervised()]


def shipped() -> list[Entrant]:
    """What the package asks by default, at every look; and what it counts."""
    free = Rules(1e6, 1e6)
    return [
        Ordered(free, FOLLOWED, name="followed up at every look"),
        Ordered(free, ORDER, name="TP003 and TP009 at every look"),
    ]
