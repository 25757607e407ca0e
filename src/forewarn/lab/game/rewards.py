"""What a helper is paid for at the end of a look."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from jaxtyping import Bool, Float64

PerGame = Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the judge thinks of n runs after a look, and what is true."""

    before: PerGame
    """Greatest probability over the run's earlier looks; 0.0 where there was none."""
    now: PerGame
    """The same with this look."""
    deceptive: Bool[np.ndarray, " n"]


class Reward(ABC):
    """A rule that pays looks. Prices of questions are taken off by the game."""

    name: ClassVar[str]

    @abstractmethod
    def pay(self, judgement: Judgement) -> PerGame:
        """For each look that is over."""


@final
@dataclass(frozen=True, slots=True)
class Conviction(Reward):
    """The naive one of the source: paid for convincing the judge, whatever the truth.

    Over a run the payments sum to the greatest probability that any look came to: they are as large as those of
    the proper score, and what is found early is paid early. Paid look by look instead, a run's reward is dozens of
    times as large whatever is asked, and a critic that shares its layers with the policy learns nothing else.
    """

    name: ClassVar[str] = "conviction"

    def pay(self, judgement: Judgement) -> PerGame:
        """The rise of the greatest probability."""
        rise: PerGame = judgement.now - judgement.before
        return rise


@final
@dataclass(frozen=True, slots=True)
class Calibrated(Reward):
    """A proper score: paid for what a look adds to the run's Brier score (Brier 1950).

    Over a run the payments sum to y^2 - (y - p)^2 for the run's greatest probability p and its truth y, so that
    nothing is gained by convincing the judge of what is not so; and what is found early is paid early.
    """

    name: ClassVar[str] = "calibrated"

    def pay(self, judgement: Judgement) -> PerGame:
        """The fall of the squared error."""
        truth = judgement.deceptive.astype(np.float64)
        fall: PerGame = np.square(truth - judgement.before) - np.square(truth - judgement.now)
        return fall
