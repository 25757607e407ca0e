"""What a schedule is, and those that come with the package.

Steps count optimiser steps. Step 0 is the model before training; it is due only under `At`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from forewarn.errors import ConfigurationError


@runtime_checkable
class Schedule(Protocol):
    """A pure rule from step to yes or no. Asking changes nothing, so a resumed run looks where it would have."""

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps (0: before the first)."""
        ...


@dataclass(frozen=True, slots=True)
class EveryNSteps:
    """Every `n` steps, counted from `start`: start, start + n, start + 2n, ..., without step 0."""

    n: int
    """Steps from one look to the next, at least 1."""
    start: int = 0
    """No look before this step."""

    def __post_init__(self) -> None:
        _check_count("n", self.n, 1)
        _check_count("start", self.start, 0)

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps."""
        return step >= max(self.start, 1) and (step - self.start) % self.n == 0


@dataclass(frozen=True, slots=True)
class Geometric:
    """Close together at first, then ever further apart: each step is `ratio` times the one before.

    From `first` on, rounded up, and never the same step twice.
    """

    first: int = 1
    """First step due, at least 1."""
    ratio: float = 2.0
    """Greater than 1."""

    def __post_init__(self) -> None:
        _check_count("first", self.first, 1)
        if not (math.isfinite(self.ratio) and self.ratio > 1):
            raise ConfigurationError(f"a geometric schedule needs a finite ratio above 1; found {self.ratio}")

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps."""
        at = self.first
        while at < step:
            at = max(at + 1, math.ceil(at * self.ratio))
        return at == step


@dataclass(frozen=True, slots=True)
class At:
    """At the steps named, and no other."""

    steps: tuple[int, ...]
    """Each at least 0."""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ConfigurationError("a schedule needs at least one step; found none")
        for step in self.steps:
            _check_count("a step", step, 0)

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps."""
        return step in self.steps


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Wherever one of several schedules is due."""

    schedules: tuple[Schedule, ...]
    """At least one."""

    def __post_init__(self) -> None:
        if not self.schedules:
            raise ConfigurationError("a union of schedules needs at least one; found none")

    def due(self, step: int) -> bool:
        """Whether to look after `step` optimiser steps."""
        return any(schedule.due(step) for schedule in self.schedules)


def parse_schedule(every_n_steps: int | Schedule) -> Schedule:
    """The schedule that a user asked for: a schedule as it is, or a number of steps from one look to the next.

    Raises ConfigurationError for anything else.
    """
    if isinstance(every_n_steps, int) and not isinstance(every_n_steps, bool) and every_n_steps >= 1:
        return EveryNSteps(every_n_steps)
    if isinstance(every_n_steps, Schedule) and not isinstance(every_n_steps, type):
        return every_n_steps
    raise ConfigurationError(
        f"every_n_steps must be a whole number of at least 1, or a Schedule; found {every_n_steps!r}. "
        "For looks at other times pass forewarn.schedules.Geometric, At or AnyOf."
    )


def _check_count(name: str, value: object, least: int) -> None:
    # True is an int to Python, and a slip to everybody else.
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} must be a whole number of at least {least}; found {value!r}")
