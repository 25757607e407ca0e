"""What a schedule is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Schedule(Protocol):
    """A pure rule from step to yes or no. Asking changes nothing, so a resumed run looks where it would have."""

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps (0: before the first)."""
        ...
