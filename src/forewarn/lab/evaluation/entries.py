"""Every detector on every split at every level: the entries of a scorecard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from forewarn.errors import CalibrationError
from forewarn.lab.evaluation.by_looks import AlarmsByLooks, alarms_by_looks
from forewarn.lab.evaluation.catalogue import detectors
from forewarn.lab.evaluation.cost import Cost, cost
from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.held_out import score_held_out
from forewarn.lab.evaluation.rates import balanced_error
from forewarn.lab.evaluation.scorecard import rows, score
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.evaluation.splits import folds
from forewarn.lab.organisms.levels import level_in_words
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.table import Table

Progress = Callable[[str], AbstractContextManager[None]]
"""Shows what is being done, for as long as it is done."""


@dataclass(frozen=True, slots=True)
class ScorecardEntry:
    """One detector on one split, at one level of what the auditor knows."""

    level: str
    split: str
    detector: str
    runs: tuple[ScoredRun, ...]
    by_seed: tuple[float, ...] = ()
    """Balanced error for each division of the training side."""

    def as_json(self) -> dict[str, Any]:
        """Figures over all runs of the split, and group by group."""
        groups = {name: {k: s.as_json() for k, s in group.items()} for name, group in rows(self.runs).items()}
        return {**score(self.runs).as_json(), "by_seed": list(self.by_seed), "groups": groups}


@dataclass(frozen=True, slots=True)
class AllScores:
    """All entries, and the levels of which there are none."""

    entries: tuple[ScorecardEntry, ...]
    left_out: Mapping[str, str]
    """Level of what the auditor knows, and why nothing can be promised there."""


def score_all(table: Table, *, level: float, seeds: int, progress: Progress) -> AllScores:
    """Score every detector at every level; with several seeds the training side is divided anew for each of them.

    Intervals count each run once, however many seeds there are; how much the seeds move the error stands apart in
    `by_seed`. A level with too few honest runs for the promise is left out.

    Raises:
        CalibrationError: every level has too few honest runs.
    """
    found: list[ScorecardEntry] = []
    left_out: dict[str, str] = {}
    for knows, recorded in table.runs.items():
        try:
            found += _of_all_detectors(table.codes, recorded, knows, level, seeds, progress)
        except CalibrationError as error:
            left_out[knows] = str(error)
    if left_out and not found:
        raise CalibrationError(
            "; ".join(f"{level_in_words(knows)}: {why}" for knows, why in left_out.items())
        )
    return AllScores(tuple(found), left_out)


def _of_all_detectors(
    codes: Sequence[str],
    recorded: Sequence[RecordedRun],
    knows: str,
    level: float,
    seeds: int,
    progress: Progress,
) -> list[ScorecardEntry]:
    found: list[ScorecardEntry] = []
    for detector in detectors(codes, list(recorded[0].figures)):
        with progress(f"{level_in_words(knows)}, {detector.name}"):
            found += _over_seeds(detector, recorded, knows, level, seeds)
    return found


def _over_seeds(
    detector: Detector, recorded: Sequence[RecordedRun], knows: str, level: float, seeds: int
) -> Iterator[ScorecardEntry]:
    """The first seed's runs, with the balanced error of every seed beside it."""
    first, *others = (list(entries_of(detector, recorded, knows, level, seed)) for seed in range(seeds))
    for i, entry in enumerate(first):
        again = [balanced_error(each[i].runs).value for each in (first, *others)]
        yield replace(entry, by_seed=tuple(e for e in again if e is not None))


def alarms_at_levels(table: Table, level: float, left_out: Collection[str]) -> dict[str, list[AlarmsByLooks]]:
    """Alarms of forewarn's own judge on honest runs by the number of looks, at each level that is not left out."""
    return {
        knows: list(alarms_by_looks(detectors(table.codes, [])[0], recorded, level))
        for knows, recorded in table.runs.items()
        if knows not in left_out
    }


def costs(table: Table) -> dict[str, Cost]:
    """What a look with every question costs, at each level."""
    return {knows: cost(recorded) for knows, recorded in table.runs.items()}


def entries_of(
    detector: Detector, recorded: Sequence[RecordedRun], knows: str, level: float, seed: int
) -> Iterator[ScorecardEntry]:
    """The entries of one detector, one for each split."""
    recorded = detector.relabelled(recorded, seed)
    runs: Mapping[str, RecordedRun] = {run.truth.name: run for run in recorded}
    found: defaultdict[str, list[ScoredRun]] = defaultdict(list)
    for fold in folds([run.truth for run in recorded]):
        found[fold.split] += score_held_out(detector, runs, fold, level, seed)
    for split, scored in found.items():
        yield ScorecardEntry(knows, split, detector.name, tuple(scored))
