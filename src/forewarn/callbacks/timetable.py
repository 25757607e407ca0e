"""At which of the steps that a loop tells a look is due."""

from __future__ import annotations

import logging
import operator
from typing import Final, Self, SupportsIndex, final

import torch

from forewarn.callbacks.options import Options
from forewarn.errors import ConfigurationError
from forewarn.records import Reason, ReasonCode
from forewarn.schedules import AnyOf, At, EveryNSteps, Geometric, Schedule, parse_schedule
from forewarn.subjects.quiet import undisturbed

log = logging.getLogger("forewarn")

FOREIGN: Final = (Exception, SystemExit)
"""What may come out of a user's schedule, tokenizer or probe, and is no reason to end a training run."""


@final
class Timetable:
    """Mutable: asks a schedule about every step once, also about steps that were never told.

    A schedule that raises leaves open whether a look was due. So one is due, and `broken` is why it is missed.
    """

    def __init__(self, every_n_steps: int | Schedule, begun: int = 0, most: int | None = None) -> None:
        """`begun`: the step before the first. `most`: failures in a row after which it is asked no more."""
        self.schedule = parse_schedule(every_n_steps)
        self.shared = is_pure(self.schedule)
        """Whether every process finds the same by itself."""
        self.broken: Reason | None = None
        """Why the last answer is a failure; None where it is none."""
        self._asked, self._most, self._failed = begun, most, 0

    @classmethod
    def of(cls, options: Options, begun: int, *, halts: bool) -> Self:
        """That of a monitor. One that may halt goes on asking a schedule that fails, since it halts over that."""
        return cls(options.every_n_steps, begun, None if halts else options.most_missed)

    def due(self, step: int) -> bool:
        """Whether a look is due at this step, or was at one that was never asked about. Never raises."""
        since, self._asked = self._asked, max(step, self._asked)
        if self._most is not None and self._failed >= self._most:
            return False
        try:
            due = any(self._ask(s) for s in range(since + 1, step + 1))
        except FOREIGN as error:
            self._note(step, error)
            return True
        self.broken, self._failed = None, 0
        return due

    def new(self, step: int) -> int:
        """Steps that were made since the last one that was asked about."""
        return max(0, step - self._asked)

    def passed(self, step: int) -> None:
        """Leave out the steps up to this one."""
        self._asked = max(step, self._asked)

    def _ask(self, step: int) -> bool:
        if self.shared:
            return self.schedule.due(step)
        with undisturbed(torch.device("cpu")):
            return bool(self.schedule.due(step))

    def _note(self, step: int, error: BaseException) -> None:
        self._failed += 1
        words = f"the schedule failed at step {step}: {type(error).__name__}: {error}"
        self.broken = Reason(ReasonCode.LOOK_FAILED, words)
        if self._failed == self._most:
            log.warning("forewarn asks its schedule no more, which failed %d times in a row", self._failed)


def whole(step: SupportsIndex) -> int:
    """A step as a whole number, whether Python's, NumPy's or a tensor's. ConfigurationError for what is none."""
    try:
        return operator.index(int(step) if isinstance(step, float) and step.is_integer() else step)
    except (TypeError, ValueError, RuntimeError):
        found = f"{type(step).__name__} {step!r:.60}"
        raise ConfigurationError(f"step must be a whole number of optimiser steps; found {found}") from None


def is_pure(schedule: Schedule) -> bool:
    """Whether it is one that comes with the package: a function of the step alone, which cannot fail."""
    if isinstance(schedule, AnyOf):
        return all(is_pure(each) for each in schedule.schedules)
    return isinstance(schedule, EveryNSteps | Geometric | At)
