"""What every learner plays: recorded runs in two halves, one judge, one reward, rules and prices by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.batch_policies import RandomPolicy
from forewarn.lab.game.rewarded_env import Prices, RewardedEnv
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.stats.calibration import Logistic

LEVEL = "related"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Two halves of a population; matched groups, and all matched groups of one seed, stay whole."""

    learning: RunBatch
    """Deceptive runs as often as honest ones."""
    held_out: RunBatch
    groups: tuple[str, ...]
    """Of the held-out runs."""
    judge: Logistic
    """Fitted to questions drawn at random on the learning half."""
    rules: Rules = field(default_factory=Rules)
    prices: Prices = field(default_factory=Prices)

    @classmethod
    def shipped(cls) -> Setting:
        """The table that comes with the package, by the parity of seeds."""
        table = load()
        halves: tuple[list[RecordedRun], list[RecordedRun]] = ([], [])
        for run in table.runs[LEVEL]:
            halves[int(run.truth.group.rpartition("-")[2]) % 2].append(run)
        learning, held_out = (RunBatch.of(half, table.codes) for half in halves)
        judge = fit_judge(learning, rollouts(learning, Rules(), RandomPolicy(0)))
        return cls(evened(learning), held_out, tuple(run.truth.group for run in halves[1]), judge)

    def learned(self, games: int, seed: int) -> RewardedEnv:
        """Runs of the learning half, drawn by the seed."""
        return self._play(VectorEnv(self.learning, self.rules, games, seed))

    def scored(self) -> RewardedEnv:
        """Every held-out run once, side by side."""
        return self._play(VectorEnv(self.held_out, self.rules, len(self.held_out.names), shuffled=False))

    def _play(self, game: VectorEnv) -> RewardedEnv:
        return RewardedEnv(game, self.judge, Calibrated(), self.prices)


def evened(batch: RunBatch) -> RunBatch:
    """The rarer truth repeated until both are as frequent, as in `training.trainer`."""
    sides: Sequence[list[int]] = ([], [])
    for row, deceptive in enumerate(batch.deceptive):
        sides[int(deceptive)].append(row)
    few, many = sorted(sides, key=len)
    return batch.only([*many, *(few[i % len(few)] for i in range(len(many)))])
