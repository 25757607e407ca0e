"""From what a person sets to a course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from forewarn.errors import ConfigurationError
from forewarn.helpers.policy import Allowance
from forewarn.lab.game.rewarded_env import Prices
from forewarn.lab.game.rewards import Calibrated, Conviction, Reward
from forewarn.lab.training.actor_critic import ReinforceSettings
from forewarn.lab.training.replayed import rules_of
from forewarn.lab.training.trainer import TrainingPlan

REWARDS: Mapping[str, Reward] = {
    "calibrated": Calibrated(),
    "conviction": Conviction(),
    "debate": Conviction(),
}
"""A debate pays for conviction after the defender has had its say."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """All that decides what a training makes of a table. ConfigurationError where it cannot be."""

    allowance: Allowance
    reward: str = "calibrated"
    depth: int = 1
    """Of the debate, if there is one."""
    updates: int = 40
    rounds: int = 2
    seed: int = 0
    width: int = 16
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.reward not in REWARDS:
            raise ConfigurationError(f"--reward is one of {', '.join(REWARDS)}; found {self.reward!r}")
        if min(self.depth, self.updates, self.rounds) < 1 or self.seed < 0:
            raise ConfigurationError(
                f"depth, updates and rounds are at least 1 and the seed is not negative; found {self.depth}, "
                f"{self.updates}, {self.rounds} and {self.seed}"
            )

    @property
    def course(self) -> TrainingPlan:
        """What a pupil takes."""
        rules = rules_of(self.allowance)
        answers = self.depth if self.reward == "debate" else 0
        plan = ReinforceSettings(updates=self.updates, rate=1e-3, seed=self.seed)
        return TrainingPlan(
            replace(rules, answers=answers),
            REWARDS[self.reward],
            Prices(0.0001),
            plan,
            rounds=self.rounds,
            width=self.width,
            every=min(5, self.updates),
        )

    @property
    def checks(self) -> int:
        """That its course makes."""
        course = self.course
        return self.rounds * (1 + self.updates // course.every)

    def as_json(self) -> dict[str, Any]:
        """What a folder that is gone on with is compared by."""
        return {
            "budget": self.allowance.budget,
            "carry_over": self.allowance.carry_over,
            "reward": self.reward,
            "depth": self.depth,
            "updates": self.updates,
            "rounds": self.rounds,
            "seed": self.seed,
            "width": self.width,
            "device": self.device,
        }
