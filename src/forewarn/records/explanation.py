"""What was asked after an alarm so that people understand it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forewarn.records.outcome import Outcome

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Explanation:
    """Outcomes that no verdict rests on: they were asked once the alarm was on disk, whatever the budget."""

    format: int
    """1."""
    snapshot: str
    """Digest of the snapshot that raised the alarm."""
    outcomes: tuple[Outcome, ...]
    """What came of the suppression path, then of the ablation of each claim; the look's own where it had asked."""

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"an explanation of format {FORMAT} can be read; found {self.format}")
