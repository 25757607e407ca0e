"""The helper network: cloned from a teacher, reinforced, or both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import final

from forewarn.helpers import Helper
from forewarn.helpers.network import Network
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, JudgedPolicy
from forewarn.lab.game.batch_policies import NetworkPolicy
from forewarn.lab.game.episode import episode
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.cloning import Cloning, clone
from forewarn.lab.training.demonstrations import of_helper
from forewarn.lab.training.trainer import Trainer, TrainingPlan

TAUGHT = 3
"""Of so many training runs one is shown by the teacher."""


@final
@dataclass(frozen=True)
class Reinforced(Entrant):
    """A network that goes on learning by reinforcement from what a teacher showed it, or from nothing."""

    name: str
    course: TrainingPlan
    teacher: Helper | None = None
    cloning: Cloning = field(default_factory=Cloning)

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Deterministic from the seed on one thread of one machine."""
        course = replace(self.course, reinforcement=replace(self.course.reinforcement, seed=seed))
        pupil = Trainer(batch, course, self.taught(runs, batch, seed))
        for _ in pupil.learn():
            pass
        found = pupil.result
        return JudgedPolicy(NetworkPolicy(found.network), course.rules, found.judge, found.defender)

    def taught(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> Network | None:
        """What it begins with: a clone of its teacher; None without one."""
        if self.teacher is None:
            return None
        shown = list(of_helper(self.teacher, runs[seed % TAUGHT :: TAUGHT], self.course.rules))
        return clone(shown, (), batch.codes, replace(self.cloning, seed=seed, width=self.course.width))


@final
@dataclass(frozen=True)
class Cloned(Entrant):
    """A network that does what a teacher did at a few looks, and a fixed order where these tell little."""

    name: str
    rules: Rules
    teacher: Helper
    prior: Helper
    looks: int
    """At which the teacher was watched."""
    cloning: Cloning = field(default_factory=Cloning)

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """The looks are drawn from the training side by the seed: early and late ones, of any run."""
        looks = [look for run in runs for look in episode(self.teacher, run, self.rules)]
        watched = Random(f"watched|{seed}").sample(looks, min(self.looks, len(looks)))
        shown = [choice for look in watched for choice in look.choices]
        prior = list(of_helper(self.prior, runs[:: 2 * TAUGHT], self.rules))
        network = clone(shown, prior, batch.codes, replace(self.cloning, seed=seed))
        return JudgedPolicy.judged(NetworkPolicy(network), self.rules, batch)
