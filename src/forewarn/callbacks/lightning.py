"""DeceptionMonitor: the hooks on whichever Lightning the user's script has imported."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from forewarn.callbacks.hooks import MonitorHooks
from forewarn.errors import ConfigurationError

if TYPE_CHECKING:
    import lightning.pytorch as other
    import pytorch_lightning as one

    class DeceptionMonitor(MonitorHooks, one.Callback, other.Callback):  # type: ignore[misc]
        """What `build` makes, as editors and type checkers see it."""


HOMES = ("pytorch_lightning", "lightning.pytorch")
"""Where a Callback class may come from: two packages with one interface and separate classes."""


def build() -> type[MonitorHooks]:
    """The monitor as a subclass of every Callback in use, so that either Trainer and its CLI accept it.

    A second Lightning that the user did not import is never imported; without any, the installed one is.
    """
    bases = tuple(import_module(home).Callback for home in HOMES if home in sys.modules) or (_installed(),)
    return type(
        "DeceptionMonitor", (MonitorHooks, *bases), {"__doc__": MonitorHooks.__doc__, "__module__": __name__}
    )


def _installed() -> Any:
    for home in HOMES:
        if find_spec(home.split(".", maxsplit=1)[0]) is not None:
            return import_module(home).Callback
    raise ConfigurationError(
        "DeceptionMonitor needs Lightning, which is not installed; run `pip install 'forewarn[lightning]'`, or "
        "use forewarn.Watch in a plain loop."
    )


def __getattr__(name: str) -> Any:
    """Build the class when it is first asked for, and keep it: a checkpoint's pickle looks it up here."""
    if name != "DeceptionMonitor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = build()
    return globals()[name]
