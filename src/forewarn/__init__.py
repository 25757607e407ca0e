"""Forewarn: watches a model while it trains and warns before it deceives."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forewarn._version import __version__ as __version__
from forewarn.visible import SpeltOut

if TYPE_CHECKING:
    from forewarn.auditset import AuditSet as AuditSet
    from forewarn.callbacks.watch import Watch as Watch
    from forewarn.errors import DeceptionAlarm as DeceptionAlarm

_HOMES = {
    "AuditSet": "forewarn.auditset",
    "DeceptionAlarm": "forewarn.errors",
    "Watch": "forewarn.callbacks.watch",
}

logging.getLogger("forewarn").addFilter(SpeltOut())

__all__ = ["AuditSet", "DeceptionAlarm", "Watch", "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that `forewarn --help` does not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'forewarn' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
