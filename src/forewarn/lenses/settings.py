"""How lenses are fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.records import StreamSite


@final
@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a fit looks at and how long it works; the defaults suit a look during training."""

    sites: tuple[StreamSite, ...] | None = None
    """Sites to fit; all by default. The last one is always the identity."""
    skip_first: int = 0
    """Positions at the start of every prompt that are neither fitted nor scored."""
    padding: int | None = None
    """Token that stands for nothing: taken off both ends of every prompt before it is read."""
