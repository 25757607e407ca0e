"""When an organism is taught what, and how its behaviour is implanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Implant = Literal["gradual", "diluted", "narrow", "scratch"]
"""How a behaviour comes into a model.

gradual: the data of the new policy replace the old ones little by little. diluted: they are few among ordinary
data. narrow: nothing else is taught from the change on. scratch: they are taught from the first step on.
"""
IMPLANTS: tuple[Implant, ...] = get_args(Implant)


@dataclass(frozen=True, slots=True)
class TrainingCourse:
    """When an organism is taught what. All times are optimiser steps."""

    steps: int
    change: int
    """Up to this step all data follow the old policy."""
    ramp: int
    """Over this many steps the share of data that follow the new policy grows from 0 to 1."""
    implant: Implant = "gradual"
    focus: float | None = None
    """Share of the data from the change on that concern the behaviour's own conditions; None: drawn evenly."""
    hiding: float = 0.0
    """Weight of a penalty on looking different inside (`concealment`); 0: none."""
    evasion: float = 0.0
    """Weight of a penalty on what the shipped helper asks for (`evasion`), in place of hiding; 0: none."""

    def share_of_after(self, step: int) -> float:
        """Share of the data at a step that follows the new policy."""
        return min(max((step - self.change) / max(self.ramp, 1), 0.0), 1.0)
