"""What came of trying faults of one kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How many faults were tried, and how many did no harm."""

    tried: int
    """Faults that were tried."""
    held: int
    """Those of which nothing worse came than a message."""
    broken: tuple[str, ...] = ()
    """Names of the others, with what was seen."""
