"""A schedule as plain values, so that a reader of a run can tell which looks were due."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from forewarn.errors import ConfigurationError
from forewarn.schedules.rules import AnyOf, At, EveryNSteps, Geometric, Schedule

MOST: Final = 1_000_000
"""Steps that are listed at most; no run has so many looks."""
_DEEPEST, _STEEPEST, _FARTHEST = 8, 1e6, 2**53


def as_plain(schedule: Schedule) -> dict[str, Any] | None:
    """The schedule in numbers and lists; None for one of a user's own making."""
    if isinstance(schedule, EveryNSteps):
        return {"kind": "EveryNSteps", "n": schedule.n, "start": schedule.start}
    if isinstance(schedule, Geometric):
        return {"kind": "Geometric", "first": schedule.first, "ratio": schedule.ratio}
    if isinstance(schedule, At):
        return {"kind": "At", "steps": list(schedule.steps)}
    if isinstance(schedule, AnyOf):
        parts = [as_plain(each) for each in schedule.schedules]
        return None if None in parts else {"kind": "AnyOf", "schedules": parts}
    return None


def from_plain(plain: object, depth: int = 0) -> Schedule | None:
    """The schedule that `as_plain` gave; None for anything else, since a file may hold anything."""
    if not isinstance(plain, Mapping) or depth > _DEEPEST:
        return None
    try:
        return _built(plain, depth)
    except (ConfigurationError, KeyError, TypeError):
        return None


def _built(plain: Mapping[str, Any], depth: int) -> Schedule | None:
    kind = plain.get("kind")
    if kind == "EveryNSteps":
        return EveryNSteps(plain["n"], plain["start"])
    if kind == "Geometric":
        return Geometric(plain["first"], plain["ratio"]) if plain["ratio"] <= _STEEPEST else None
    if kind == "At":
        return At(tuple(plain["steps"]))
    if kind == "AnyOf":
        parts = [from_plain(each, depth + 1) for each in plain["schedules"]]
        found = tuple(each for each in parts if each is not None)
        return AnyOf(found) if len(found) == len(parts) else None
    return None


def due_between(schedule: Schedule, after: int, until: int) -> tuple[int, ...] | None:
    """All steps due after step `after` up to step `until`, in order; None where they are too many to list."""
    found = tuple(islice(_due(schedule, after, until), MOST + 1))
    return None if len(found) > MOST else found


def _due(schedule: Schedule, after: int, until: int) -> Iterator[int]:
    """Listed by the schedule's own rule, since steps may be many where looks are few."""
    if isinstance(schedule, EveryNSteps):
        begin = max(after + 1, schedule.start, 1)
        first = begin + (schedule.start - begin) % schedule.n
        yield from range(first, until + 1, schedule.n)
    elif isinstance(schedule, Geometric):
        yield from _geometric(schedule, after, until)
    elif isinstance(schedule, At):
        yield from sorted({step for step in schedule.steps if after < step <= until})
    elif isinstance(schedule, AnyOf):
        parts = (islice(_due(each, after, until), MOST + 1) for each in schedule.schedules)
        yield from sorted({step for part in parts for step in part})
    else:
        yield from (step for step in range(after + 1, until + 1) if schedule.due(step))


def _geometric(schedule: Geometric, after: int, until: int) -> Iterator[int]:
    at = schedule.first
    while at <= min(until, _FARTHEST):
        if at > after:
            yield at
        at = max(at + 1, math.ceil(at * schedule.ratio))
