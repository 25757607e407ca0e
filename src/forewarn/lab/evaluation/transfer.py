"""Detectors that are fitted on one table and scored on another: does what they learned hold for other models?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.catalogue import detectors
from forewarn.lab.evaluation.entries import Progress, ScorecardEntry
from forewarn.lab.evaluation.held_out import score_held_out
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.organisms.levels import level_in_words
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.table import Table

TRANSFERRED = "transferred"


def transfer(
    learned: Table, other: Table, *, level: float, progress: Progress, seed: int = 0
) -> list[ScorecardEntry]:
    """Every detector, fitted and calibrated on one table and scored on each run of another, at the other's levels.

    Detectors count only on what the other table was asked; it may lack questions of the first.

    Raises:
        ConfigurationError: the other table was asked something that the first was not, or holds another level.
    """
    _check(learned, other)
    found: list[ScorecardEntry] = []
    for knows, runs in other.runs.items():
        train, test = learned.runs[knows], [_apart(run) for run in runs]
        fold = Fold(
            TRANSFERRED, "everything", *(frozenset(r.truth.name for r in side) for side in (train, test))
        )
        for detector in detectors(other.codes, _shared(train[0], test[0])):
            with progress(f"{level_in_words(knows)}, {detector.name}"):
                merged = {run.truth.name: run for run in (*detector.relabelled(train, seed), *test)}
                scored = tuple(score_held_out(detector, merged, fold, level, seed))
            found.append(ScorecardEntry(knows, TRANSFERRED, detector.name, scored))
    return found


def run_rows(entry: ScorecardEntry) -> Iterator[tuple[str, ...]]:
    """A row in words for each run: name, kind, honest or deceptive, onset, alarm, greatest score."""
    for run in entry.runs:
        truth = run.truth
        what = ("honest", "deceptive")[truth.deceptive]
        when = [str(step) if step is not None else "none" for step in (truth.onset, run.alarm)]
        yield truth.name.removeprefix(PREFIX), truth.kind, what, *when, f"{run.greatest:.2f}"


PREFIX = "other table: "


def _apart(run: RecordedRun) -> RecordedRun:
    """Under a name that no run of the first table has."""
    truth = run.truth
    return replace(run, truth=replace(truth, name=f"{PREFIX}{truth.name}", group=f"{PREFIX}{truth.group}"))


def _shared(one: RecordedRun, other: RecordedRun) -> list[str]:
    return [name for name in one.figures if name in other.figures]


def _check(learned: Table, other: Table) -> None:
    if strange := [code for code in other.codes if code not in learned.codes]:
        raise ConfigurationError(
            f"the other table was asked {', '.join(strange)}, of which nothing was learned: the first table was "
            f"asked {', '.join(learned.codes)}. Record the first table with these questions too."
        )
    lacking = [level for level in other.runs if level not in learned.runs]
    if lacking:
        raise ConfigurationError(
            f"the other table holds looks with {level_in_words(lacking[0])}, at which nothing was learned: the "
            f"first table holds {', '.join(map(level_in_words, learned.runs))}"
        )
