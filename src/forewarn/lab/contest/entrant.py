"""What takes part in a contest: something that learns from some runs and then looks at others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float32, Float64

from forewarn.lab.game.batch_policies import BatchPolicy
from forewarn.lab.game.debate import Defender, Silent
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.judge_fit import fit_judge, probabilities
from forewarn.stats.calibration import Logistic

SILENT = Silent()


@dataclass(frozen=True, slots=True, eq=False)
class LookScores:
    """Every look of some runs."""

    chance: Float64[np.ndarray, "r l"]
    """Of deception; 0.0 where the look could tell nothing, or there is none."""
    spent: Float32[np.ndarray, "r l"]
    """Forward passes over the audit set."""
    lacked: frozenset[tuple[int, int, int]] = frozenset()
    """Run, look and question, of all that was asked and that the board lacks."""


class FittedEntrant(ABC):
    """What an entrant has become: it looks at runs and learns no more."""

    @abstractmethod
    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        """At every look of every run, in order; `batch`: the same runs as arrays."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class JudgedPolicy(FittedEntrant):
    """A policy under some rules, with the judge of what it asks."""

    policy: BatchPolicy
    rules: Rules
    judge: Logistic
    defender: Defender = SILENT

    def look(self, runs: tuple[RecordedRun, ...], batch: RunBatch) -> LookScores:
        """By playing the game."""
        found = rollouts(batch, self.rules, self.policy, self.defender)
        return LookScores(probabilities(self.judge, batch, found), found.spent, found.lacked)

    @classmethod
    def judged(cls, policy: BatchPolicy, rules: Rules, batch: RunBatch) -> JudgedPolicy:
        """With a judge that is fitted to what the policy asks of a board's runs."""
        return cls(policy, rules, fit_judge(batch, rollouts(batch, rules, policy)))


class Entrant(ABC):
    """Learns from runs of the training side; the promise is made on others."""

    name: str

    @abstractmethod
    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """`batch`: the same runs as arrays."""
