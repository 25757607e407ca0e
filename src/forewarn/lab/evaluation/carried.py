"""Learned on one table, scored on another: does it carry over to models of another sort?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.bench import Entry, Tell
from forewarn.lab.evaluation.lineup import lineup
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.evaluation.trial import trial
from forewarn.lab.population.run import Run
from forewarn.lab.population.table import Table

CARRIED = "carried over"


def carry_over(learned: Table, other: Table, *, level: float, tell: Tell, seed: int = 0) -> list[Entry]:
    """The whole lineup, fitted and calibrated on one table, at each run of another and at its levels.

    Of what the other was asked: it may lack questions of the first table. ConfigurationError where it was asked
    others, or holds another level.
    """
    _check(learned, other)
    found: list[Entry] = []
    for knows, runs in other.runs.items():
        train, test = learned.runs[knows], [_apart(run) for run in runs]
        fold = Fold(
            CARRIED, "everything", *(frozenset(r.nature.name for r in side) for side in (train, test))
        )
        for detector in lineup(other.codes, _shared(train[0], test[0])):
            with tell(f"{knows}, {detector.name}"):
                merged = {run.nature.name: run for run in (*detector.deal(train, seed), *test)}
                judged = tuple(trial(detector, merged, fold, level, seed))
            found.append(Entry(knows, CARRIED, detector.name, judged))
    return found


def alarms(entry: Entry) -> Iterator[tuple[str, ...]]:
    """Each run in words: name, kind, what it is, onset, alarm, greatest score."""
    for run in entry.runs:
        nature = run.nature
        truth = ("honest", "deceptive")[nature.deceptive]
        when = [str(step) if step is not None else "none" for step in (nature.onset, run.alarm)]
        yield nature.name.removeprefix(PREFIX), nature.kind, truth, *when, f"{run.greatest:.2f}"


PREFIX = "other table: "


def _apart(run: Run) -> Run:
    """Under a name that no run of the first table has."""
    nature = run.nature
    return replace(
        run, nature=replace(nature, name=f"{PREFIX}{nature.name}", litter=f"{PREFIX}{nature.litter}")
    )


def _shared(one: Run, other: Run) -> list[str]:
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
