"""The worst mistakes: deceptive runs whose scores stayed low, and honest runs whose scores rose high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.population.run import RecordedRun


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
                f"{f.code} {f.effect:+.2f} [{f.low:+.2f}, {f.high:+.2f}] at {f.component}{f.layer}@{f.token}"
                for f in look.findings
                if f.kind == "evidence" and f.low > 0
            )
            or "nothing",
        )
        for look in run.looks
    ]
