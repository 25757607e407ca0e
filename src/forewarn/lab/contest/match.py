"""One entrant on one fold: learned, calibrated and scored on runs that are kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forewarn.alarms import RunLevel
from forewarn.lab.contest.entrant import Entrant, LookScores
from forewarn.lab.contest.on_demand import scores_on_demand
from forewarn.lab.evaluation.held_out import divide
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.population.on_demand import OnDemand
from forewarn.lab.population.run import RecordedRun


@dataclass(frozen=True, slots=True)
class MatchResult:
    """A run that the entrant had never seen, and what it spent there."""

    judged: ScoredRun
    passes: float
    """Of the mean look."""
    demanded: int = 0
    """Looks at which something was asked that the table lacks, and that was measured for it."""
    asked_since: int = 0
    """Looks from onset on at which anything was asked; of all looks for a run without onset."""


def match(  # noqa: PLR0913 - all that decides a match
    entrant: Entrant,
    runs: Mapping[str, RecordedRun],
    fold: Fold,
    codes: Sequence[str],
    level: float,
    seed: int,
    *,
    source: OnDemand | None = None,
) -> list[MatchResult]:
    """Every run of the fold's test side. CalibrationError where the honest runs are too few for the level.

    `source`: measures what the table lacks of the test side; without it a question that is lacking is a
    ConfigurationError.
    """
    fitting, promising = divide([runs[name] for name in sorted(fold.train)], seed)
    fitted = entrant.fit(tuple(fitting), RunBatch.of(fitting, codes), seed)
    batch = RunBatch.of(promising, codes)
    maxima = fitted.look(tuple(promising), batch).chance.max(1).tolist()
    threshold = RunLevel(tuple(sorted(maxima)), level, int(batch.looks.max())).threshold
    tested = tuple(runs[name] for name in sorted(fold.test))
    return list(_looked(tested, *scores_on_demand(fitted, tested, codes, source), threshold))


def _looked(
    runs: Sequence[RecordedRun], batch: RunBatch, seen: LookScores, threshold: float
) -> Iterator[MatchResult]:
    for row, run in enumerate(runs):
        n = len(run.looks)
        scores = zip(seen.chance[row, :n].tolist(), batch.able[row, :n].tolist(), strict=True)
        judged = ScoredRun(
            run.truth,
            tuple(look.step for look in run.looks),
            tuple(chance if able else None for chance, able in scores),
            threshold,
        )
        demanded = len({look for other, look, _ in seen.lacked if other == row})
        begun = 0 if run.truth.onset is None else int(batch.onset[row])
        since = int((seen.spent[row, begun:n] > 0).sum())
        yield MatchResult(judged, float(seen.spent[row, :n].mean()), demanded, since)
