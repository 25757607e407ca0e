"""What came of one kind of fault."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How many faults were tried, and at how many the promise held."""

    tried: int
    held: int
    broken: tuple[str, ...] = ()
    """One sentence for each fault at which the promise did not hold."""
