"""What came of many tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How many faults were tried, how many were borne, and which were not."""

    tried: int
    held: int
    broken: tuple[str, ...] = ()
