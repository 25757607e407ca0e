"""Learned on one table, scored on another: does it carry over to models of another sort?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.bench import ScorecardEntry, Tell
from forewarn.lab.evaluation.catalogue import detectors
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.evaluation.trial import trial
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.table import Table

CARRIED = "carried over"


def transfer(
    learned: Table, other: Table, *, level: float, tell: Tell, seed: int = 0
) -> list[ScorecardEntry]:
    """The whole lineup, fitted and calibrated on one table, at each run of another and at its levels.

    Of what the other was asked: it may lack questions of the first table. ConfigurationError where it was asked
    others, or holds another level.
    """
    _check(learned, other)
    found: list[ScorecardEntry] = []
    for knows, runs in other.runs.items():
        train, test = learned.runs[knows], [_apart(run) for run in runs]
        fold = Fold(CARRIED, "everything", *(frozenset(r.truth.name for r in side) for side in (train, test)))
        for detector in detectors(other.codes, _shared(train[0], test[0])):
            with tell(f"{knows}, {detector.name}"):
                merged = {run.truth.name: run for run in (*detector.deal(train, seed), *test)}
                judged = tuple(trial(detector, merged, fold, level, seed))
            found.append(ScorecardEntry(knows, CARRIED, detector.name, judged))
    return found


def alarms(entry: ScorecardEntry) -> Iterator[tuple[str, ...]]:
    """Each run in words: name, kind, what it is, onset, alarm, greatest score."""
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
            f"nothing was learned of {', '.join(strange)}: the first table was asked {', '.join(learned.codes)}"
        )
    lacking = [level for level in other.runs if level not in learned.runs]
    if lacking:
        raise ConfigurationError(
            f"nothing was learned at level {lacking[0]}: the first table holds {', '.join(learned.runs)}"
        )
