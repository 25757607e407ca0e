"""What was asked after an alarm so that people understand it. It is shown beside the evidence, and is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.records import Outcome
from forewarn.report.looks import LookSummary
from forewarn.store import explanations


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanation of one look."""

    outcomes: tuple[Outcome, ...] = ()
    """Those that the look itself does not hold."""
    problem: str = ""
    """Why the file could not be read; empty where it could, or where there is none."""


def explained(run: Path, look: LookSummary | None, kept: Mapping[str, str] | None = None) -> Explained:
    """Read the explanation of a look; `kept` are the digests that the ledger tells.

    A broken file is told, and hides nothing else.
    """
    if look is None or look.snapshot is None:
        return Explained()
    try:
        found = explanations.read(run, look.snapshot, kept)
    except StoreError as error:
        return Explained(problem=str(error))
    return Explained(() if found is None else tuple(o for o in found.outcomes if o not in look.outcomes))
