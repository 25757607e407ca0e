"""The worst mistakes: deceptive runs whose scores stayed low, and honest runs whose scores rose high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Evidence


@dataclass(frozen=True, slots=True)
class Mistake:
    """One run that was judged wrongly, and how to open it."""

    name: str
    kind: str
    """"miss" or "false alarm"."""
    greatest: float
    threshold: float
    command: str


def worst_mistakes(runs: Sequence[ScoredRun], most: int = 5) -> tuple[Mistake, ...]:
    """At most `most` misses, the lowest score first, then as many false alarms, the highest score first."""
    missed = sorted((r for r in runs if r.truth.deceptive and r.alarm is None), key=lambda r: r.greatest)
    false = sorted(
        (r for r in runs if not r.truth.deceptive and r.alarm is not None), key=lambda r: -r.greatest
    )
    return (
        *(_mistake(r, "miss") for r in missed[:most]),
        *(_mistake(r, "false alarm") for r in false[:most]),
    )


def _mistake(run: ScoredRun, kind: str) -> Mistake:
    return Mistake(
        run.truth.name, kind, run.greatest, run.threshold, f"forewarn bench --run {run.truth.name}"
    )


def looks_in_words(run: RecordedRun) -> list[tuple[str, ...]]:
    """A row for each look of a run: its step, the facts known, and every claim whose interval lies above 0."""
    return [
        (
            str(look.step),
            f"{look.known}/{look.asked}",
            "; ".join(
                f"{o.code} {o.effect:+.2f} [{o.interval.low:+.2f}, {o.interval.high:+.2f}] at {o.site}"
                for o in look.outcomes
                if isinstance(o, Evidence) and o.beyond_chance
            )
            or "nothing",
        )
        for look in run.looks
    ]
