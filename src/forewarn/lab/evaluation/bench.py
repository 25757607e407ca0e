"""Every detector on every split at every level: the scorecard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from forewarn.errors import CalibrationError
from forewarn.lab.evaluation.catalogue import detectors
from forewarn.lab.evaluation.cost import Cost, cost
from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.judged import ScoredRun
from forewarn.lab.evaluation.promise import Promise, promises
from forewarn.lab.evaluation.rates import balanced_error
from forewarn.lab.evaluation.scorecard import rows, score
from forewarn.lab.evaluation.splits import folds
from forewarn.lab.evaluation.trial import trial
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.table import Table

Tell = Callable[[str], AbstractContextManager[None]]
"""Says what is being done, while it is done."""
FALSE_ALARM = 0.05
"""The stated operating point: chance of any alarm over an honest run."""


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


def score_all(table: Table, *, level: float, seeds: int, tell: Tell) -> AllScores:
    """Score the whole lineup; with several seeds the training side is divided anew for each.

    Runs stay what they are, so that intervals count them once; what seeds move is told apart (`by_seed`). A level
    with too few honest runs for the promise is left out. CalibrationError where that leaves none.
    """
    found: list[ScorecardEntry] = []
    left_out: dict[str, str] = {}
    for knows, recorded in table.runs.items():
        try:
            found += _lined_up(table.codes, recorded, knows, level, seeds, tell)
        except CalibrationError as error:
            left_out[knows] = str(error)
    if left_out and not found:
        raise CalibrationError("; ".join(f"{knows}: {why}" for knows, why in left_out.items()))
    return AllScores(tuple(found), left_out)


def _lined_up(
    codes: Sequence[str], recorded: Sequence[RecordedRun], knows: str, level: float, seeds: int, tell: Tell
) -> list[ScorecardEntry]:
    found: list[ScorecardEntry] = []
    for detector in detectors(codes, list(recorded[0].figures)):
        with tell(f"{knows}, {detector.name}"):
            found += _seeded(detector, recorded, knows, level, seeds)
    return found


def _seeded(
    detector: Detector, recorded: Sequence[RecordedRun], knows: str, level: float, seeds: int
) -> Iterator[ScorecardEntry]:
    """The first seed's runs, with the balanced error of every seed beside it."""
    first, *others = (list(entries(detector, recorded, knows, level, seed)) for seed in range(seeds))
    for i, entry in enumerate(first):
        again = [balanced_error(each[i].runs).value for each in (first, *others)]
        yield replace(entry, by_seed=tuple(e for e in again if e is not None))


def promised(table: Table, level: float, left_out: Collection[str]) -> dict[str, list[Promise]]:
    """The run-level promise of forewarn's own judge, at each level of what the auditor knows but some."""
    return {
        knows: list(promises(detectors(table.codes, [])[0], recorded, level))
        for knows, recorded in table.runs.items()
        if knows not in left_out
    }


def costs(table: Table) -> dict[str, Cost]:
    """Of a look with every question, at each level of what the auditor knows."""
    return {knows: cost(recorded) for knows, recorded in table.runs.items()}


def entries(
    detector: Detector, recorded: Sequence[RecordedRun], knows: str, level: float, seed: int
) -> Iterator[ScorecardEntry]:
    """One detector on all splits."""
    recorded = detector.deal(recorded, seed)
    runs: Mapping[str, RecordedRun] = {run.truth.name: run for run in recorded}
    found: defaultdict[str, list[ScoredRun]] = defaultdict(list)
    for fold in folds([run.truth for run in recorded]):
        found[fold.split] += trial(detector, runs, fold, level, seed)
    for split, judged in found.items():
        yield ScorecardEntry(knows, split, detector.name, tuple(judged))
