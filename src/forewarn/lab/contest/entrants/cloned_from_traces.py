"""A helper cloned from what people asked when they inspected snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import final

from forewarn.helpers import Helper
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, JudgedPolicy
from forewarn.lab.contest.entrants.learned import TAUGHT
from forewarn.lab.game.batch_policies import NetworkPolicy
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.cloning import Cloning, clone
from forewarn.lab.training.demonstrations import of_helper, of_trace
from forewarn.records import InspectionTrace


@final
@dataclass(frozen=True)
class ClonedFromTraces(Entrant):
    """A network that does what people did in some inspections, and a fixed order where these tell little."""

    name: str
    rules: Rules
    traces: tuple[InspectionTrace, ...] = field(repr=False)
    prior: Helper
    looks: int
    """Of the inspections, drawn by the seed."""
    cloning: Cloning = field(default_factory=Cloning)

    def fit(self, runs: tuple[RecordedRun, ...], batch: RunBatch, seed: int) -> FittedEntrant:
        """Only the fixed order is shown on the runs; people looked at other models."""
        drawn = Random(f"inspected|{seed}").sample(self.traces, min(self.looks, len(self.traces)))
        shown = [choice for trace in drawn for choice in of_trace(trace)]
        prior = list(of_helper(self.prior, runs[:: 2 * TAUGHT], self.rules))
        network = clone(shown, prior, batch.codes, replace(self.cloning, seed=seed))
        return JudgedPolicy.judged(NetworkPolicy(network), self.rules, batch)
