"""A user's metrics as plain numbers: whatever is given, a look stands and what it stores can be read again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, final

log = logging.getLogger("forewarn")

MOST: Final = 1_000
"""Metrics that are kept with a snapshot."""
LONGEST: Final = 200
"""Characters of a metric's name that are kept."""
DEEPEST: Final = 8
"""Dictionaries within dictionaries that are opened."""


def number(value: Any) -> float | None:
    """The number that a user means by `value`; None for what is no number.

    Python's and NumPy's numbers are, and a tensor or an array of one element, wherever it lies. NaN and infinity
    are numbers too: they are what a run that diverges gives. Text is none, although it may look like one.
    """
    try:
        plain = value.item() if callable(getattr(value, "item", None)) else value
        return None if isinstance(plain, str | bytes | bytearray) else float(plain)
    except Exception:
        # Whatever a foreign value raises when it is read, it is no number.
        return None


@final
class MetricReader:
    """Mutable: reads metrics, and says once of each name that it is left out."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def numbers(self, metrics: object) -> dict[str, float]:
        """The numbers in `metrics`, those of nested dictionaries under "outer/inner". Never raises."""
        found: dict[str, float] = {}
        left: list[str] = []
        try:
            for name, value in _leaves(metrics, "", 0):
                figure = number(value)
                if figure is None or (len(found) >= MOST and name not in found):
                    left.append(f"{name!r} ({type(value).__name__})")
                else:
                    found[name] = figure
        except Exception as error:
            left.append(f"what followed ({type(error).__name__}: {error})")
        self._say(left)
        return found

    def _say(self, left: Iterable[str]) -> None:
        new = [each for each in left if each not in self._told]
        if new and len(self._told) < MOST:
            self._told.update(new)
            more = f" and {len(new) - 5} more" if len(new) > 5 else ""
            log.warning(
                "forewarn keeps numbers only, at most %d of them, and leaves these metrics out: %s%s. The look "
                "itself is not changed by that.",
                MOST,
                ", ".join(new[:5]),
                more,
            )


def _leaves(metrics: object, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Names and values, with those of nested dictionaries."""
    if metrics is None and not prefix:
        return
    if not isinstance(metrics, Mapping) or depth > DEEPEST:
        yield prefix or "metrics", metrics
        return
    for key, value in metrics.items():
        name = f"{prefix}/{_readable(key)}" if prefix else _readable(key)
        if isinstance(value, Mapping):
            yield from _leaves(value, name, depth + 1)
        else:
            yield name[:LONGEST], value


def _readable(key: object) -> str:
    """A name that UTF-8 can hold; half surrogates are written as their escapes."""
    return str(key).encode("utf-8", "backslashreplace").decode()
