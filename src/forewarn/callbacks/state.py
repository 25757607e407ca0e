"""The state that a monitor leaves in a checkpoint, checked before anything is built on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from forewarn.errors import ConfigurationError

_KINDS: Final[Mapping[str, type]] = {
    "folder": str,
    "head": str,
    "segment": int,
    "flagged": bool,
    "missed": int,
    "missed_looks": int,
    "alarm": Mapping,
}


def checked_state(state: object) -> dict[str, Any] | None:
    """A copy of what `state_dict` gave; None where it is empty.

    ConfigurationError where it is not the state of a monitor, such as that of the model.
    """
    if not isinstance(state, Mapping):
        raise ConfigurationError(_words(f"a {type(state).__name__}"))
    if not state:
        return None
    absent = [name for name in _KINDS if name not in state]
    if absent:
        names = ", ".join(sorted(map(str, state))[:5])
        raise ConfigurationError(_words(f"one that lacks {', '.join(absent)} and holds {names}"))
    wrong = [name for name, kind in _KINDS.items() if not isinstance(state[name], kind)]
    if wrong:
        raise ConfigurationError(_words(f"{wrong[0]} = {state[wrong[0]]!r}"))
    return dict(state)


def _words(found: str) -> str:
    return (
        f"the state of a monitor is what its `state_dict` gave; found {found}. Give `load_state_dict` the "
        "monitor's own part of the checkpoint, or leave it out to begin a new run."
    )
