"""Adapters between training loops and the audit; only here is a run ever stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forewarn.callbacks.watch import Watch as Watch

if TYPE_CHECKING:
    from forewarn.callbacks.lightning import DeceptionMonitor as DeceptionMonitor

__all__ = ["DeceptionMonitor", "Watch"]


def __getattr__(name: str) -> object:
    """Import Lightning only when its callback is asked for."""
    if name != "DeceptionMonitor":
        raise AttributeError(f"module 'forewarn.callbacks' has no attribute {name!r}")
    from forewarn.callbacks import lightning

    return lightning.DeceptionMonitor
