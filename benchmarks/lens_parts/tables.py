"""Figures as indented lines for people: an estimate with its interval and n on one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def told(found: Mapping[str, Any]) -> str:
    """All parts, one below the other."""
    return "\n".join(_lines(found, 0))


def _lines(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for name, found in value.items():
        short = _short(found)
        if short is not None:
            yield f"{pad}{name}: {short}"
            continue
        yield f"{pad}{name}:"
        yield from _lines(found if isinstance(found, Mapping) else dict(_numbered(found)), depth + 1)


def _short(found: Any) -> str | None:
    """What fits on one line; None for what has lines of its own."""
    if isinstance(found, Mapping):
        return _estimate(found)
    if isinstance(found, list | tuple) and any(isinstance(each, Mapping | list | tuple) for each in found):
        return None
    if isinstance(found, list | tuple):
        return ", ".join(map(_plain, found))
    return _plain(found)


def _estimate(found: Mapping[str, Any]) -> str | None:
    """`0.93 [0.91, 0.95], n = 5` for a mean with its interval, `7.5 steps [6.8, 8.4]` for a cost."""
    if {"mean", "low", "high"} <= found.keys():
        rest = ", ".join(f"{k} = {_plain(v)}" for k, v in found.items() if k not in ("mean", "low", "high"))
        return f"{_plain(found['mean'])} [{_plain(found['low'])}, {_plain(found['high'])}], {rest}"
    if {"steps", "steps_low", "steps_high"} <= found.keys():
        return "{steps:.1f} steps [{steps_low:.1f}, {steps_high:.1f}], {seconds:.2f} s".format(**found)
    return None


def _numbered(rows: Any) -> Iterator[tuple[str, Any]]:
    """Rows under names made of their own plain entries, so that no two are alike."""
    for index, row in enumerate(rows, 1):
        yield str(index), row


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)
