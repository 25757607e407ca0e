"""Who plays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forewarn.helpers import FixedOrder
from forewarn.helpers.expert import Expert
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, JudgedPolicy
from forewarn.lab.contest.entrants.any_helper import AnyHelper
from forewarn.lab.contest.entrants.cloned_from_traces import ClonedFromTraces
from forewarn.lab.contest.entrants.learned import Cloned, Reinforced
from forewarn.lab.contest.entrants.simple import BestOrder, Everything, Ordered, RandomOrder
from forewarn.lab.contest.entrants.supervised import Supervised
from forewarn.lab.game.batch_policies import OrderPolicy
from forewarn.lab.game.rewarded_env import Prices
from forewarn.lab.game.rewards import Calibrated, Reward
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.actor_critic import ReinforceSettings
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.trainer import TrainingPlan
from forewarn.store.traces import read

FREE = Rules(1e6, 1e6)
BUDGET, SAVED = 2.0, 24.0
"""Passes added at each look, and the most that is kept: a fortieth of asking everything."""
ORDER = ("latent-policy", "withheld-answer")
FOLLOWED = ("latent-policy", "withheld-answer", "latent-policy/composure", "withheld-answer/composure")
INSPECTIONS = Path(__file__).parents[1] / "recorded" / "inspections.jsonl"
TRIED = ("latent-policy", "withheld-answer", "truth-suppression", "input-attribution")
"""What a fixed order that is searched for may hold."""


def rules(budget: float = BUDGET, answers: int = 0) -> Rules:
    """At most one search of everything may be saved up."""
    return Rules(budget, max(SAVED, budget), answers)


def course(reward: Reward, rules: Rules, width: int = 16) -> TrainingPlan:
    """How long a helper learns; the same for every reward."""
    plan = ReinforceSettings(updates=40, rate=1e-3)
    return TrainingPlan(rules, reward, Prices(0.0001), plan, rounds=1, width=width, every=5)


def learned(budget: float = BUDGET, width: int = 16, name: str = "learned") -> Reinforced:
    """Cloned from the expert, then reinforced by the proper score."""
    return Reinforced(name, course(Calibrated(), rules(budget), width), Expert())


COMPOSED = ("latent-policy", "withheld-answer", "latent-policy/composure", "withheld-answer/composure")
"""What the shipped helper asks; its judge counts the first two."""


@dataclass(frozen=True)
class Counted(Entrant):
    """Asks the shipped helper's questions at every look; the judge counts some codes alone."""

    name: str
    codes: tuple[str, ...]

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """A judge of no other codes."""
        policy = OrderPolicy(batch.codes, COMPOSED)
        found = rollouts(batch, FREE, policy)
        kept = np.array([code in self.codes for code in batch.codes])
        return JudgedPolicy(policy, FREE, fit_judge(batch, replace(found, features=found.features * kept)))


def counted(codes: tuple[str, ...]) -> Counted:
    """Names itself by what counts."""
    return Counted(f"at every look, counting {', '.join(codes)}", codes)


def cloned(looks: int) -> Cloned:
    """From so many looks of the expert; the fixed order where these tell little."""
    return Cloned(f"cloned from {looks}", rules(), Expert(), waits(), looks)


def inspected(looks: int) -> ClonedFromTraces:
    """From so many of the recorded inspections; the fixed order where these tell little."""
    return ClonedFromTraces(f"cloned from {looks} inspections", rules(), read(INSPECTIONS), waits(), looks)


def waits() -> FixedOrder:
    """The helper that plays the fixed order."""
    return FixedOrder(ORDER, waits=True)


def fixed(budget: float = BUDGET) -> list[Entrant]:
    """What a learned helper must beat at its own budget."""
    given = rules(budget)
    return [
        RandomOrder(given),
        Ordered(given, ORDER, waits=True),
        Ordered(given, FOLLOWED, waits=True, name="fixed order, followed up"),
        BestOrder(given, TRIED, FOLLOWED[2:]),
        AnyHelper("expert (the teacher)", given, Expert()),
        Ordered(given, FOLLOWED, waits=True, name="whole rounds", whole=True),
    ]


def unbounded() -> list[Entrant]:
    """At full cost."""
    return [Everything(), Supervised()]


def shipped() -> list[Entrant]:
    """What the package asks at every look; by default the judge counts the searches, here also their composure."""
    return [counted(ORDER), counted(COMPOSED), counted(COMPOSED[2:])]
