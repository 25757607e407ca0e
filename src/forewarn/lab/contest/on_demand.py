"""Scores of runs of which a table does not hold every answer: what is asked and lacking is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lab.contest.entrant import FittedEntrant, LookScores
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.population.on_demand import OnDemand, Wanted
from forewarn.lab.population.run import RecordedRun


def scores_on_demand(
    fitted: FittedEntrant, runs: tuple[RecordedRun, ...], codes: Sequence[str], source: OnDemand | None
) -> tuple[RunBatch, LookScores]:
    """The scores of an entrant once everything that it asks is measured; `lacked` names what the table lacked.

    An entrant asks the same where it sees the same. So each turn goes on where the one before lacked an answer.
    ConfigurationError where an answer is lacking and there is no source.
    """
    batch = RunBatch.of(runs, codes)
    first, now = batch.lacks, runs
    while True:
        seen = fitted.look(now, replace(batch, lacks=first))
        open_ = [(r, t, c) for r, t, c in sorted(seen.lacked) if batch.lacks[r, t, c]]
        if not open_:
            return batch, seen
        if source is None:
            raise ConfigurationError(_not_held(_wanted(runs, open_)[0]))
        now = source.answered(now, _wanted(runs, open_))
        batch = RunBatch.of(now, codes)


def _wanted(runs: Sequence[RecordedRun], open_: Sequence[tuple[int, int, int]]) -> list[Wanted]:
    return [(runs[r].truth.name, t, runs[r].looks[t].answers[c].question) for r, t, c in open_]


def _not_held(wanted: Wanted) -> str:
    name, look, (code, _) = wanted
    return (
        f"the table does not hold {code} at look {look} of {name}, and it was asked; give the folder of the "
        "matched groups, so that it can be measured, or look at them again"
    )
