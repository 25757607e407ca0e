"""What a process of the demo sends back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forewarn.lab.organisms.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One finished or halted run."""

    name: str
    run: Path
    """Folder that the monitor wrote."""
    last_step: int
    alarm_step: int | None
    history: tuple[Behaviour, ...]
    """What the model really did, over training."""
