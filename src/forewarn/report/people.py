"""What people asked of a run's snapshots, and what they made of them (RUN/traces.jsonl)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.records import InspectionTrace
from forewarn.report.words import count
from forewarn.store import traces


@dataclass(frozen=True, slots=True)
class Inspections:
    """The traces of one run."""

    traces: tuple[InspectionTrace, ...] = ()
    """In the order of the file."""
    problem: str = ""
    """Why the file could not be read; empty where it could, or where there is none."""


def inspections(run: Path) -> Inspections:
    """Read what people asked of the run in folder `run`. A broken file is told, and hides nothing else."""
    try:
        return Inspections(traces.read(run / traces.TRACES))
    except StoreError as error:
        return Inspections(problem=str(error))


def trace_words(trace: InspectionTrace) -> str:
    """Say who asked how much of which snapshot, and what they made of it."""
    asked = f"asked {count(len(trace.answers), 'question')} of the model at step {trace.step}"
    word = "has not said yet what to make of it" if trace.word is None else f"calls it {trace.word}"
    return f"{trace.who} {asked} and {word}."
