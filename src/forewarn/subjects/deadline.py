"""The time that may be taken: a limit that is asked about between two pieces of work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import final

from forewarn.errors import TimeIsUp


@final
class Deadline:
    """Mutable: an end in time, and whether anyone was turned away because of it."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until, self._over = seconds, time.monotonic() + seconds, False

    def check(self) -> None:
        """Go on while there is time. Raises TimeIsUp once there is none."""
        if self._over or time.monotonic() > self._until:
            self._over = True
            raise TimeIsUp(f"it took longer than {self._seconds:g} seconds")

    def confirm(self) -> None:
        """Raise TimeIsUp where someone was turned away, also if that error was swallowed on its way."""
        if self._over:
            self.check()


_PRESENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """What is run inside ends with TimeIsUp where it still asks for more after so many seconds.

    No signal and no thread is used: the time is looked at before every question and every forward pass, and
    nothing is cut off within one. So one forward pass, one call of a user's own code, and one write to the disk
    take as long as they take. Work that was complete when the time was up stands. None is no limit.
    """
    deadline = None if seconds is None else Deadline(seconds)
    token = _PRESENT.set(deadline)
    try:
        yield
    finally:
        _PRESENT.reset(token)
    if deadline is not None:
        deadline.confirm()


def check_time() -> None:
    """To be called before a piece of work. Raises TimeIsUp where no time is left for it."""
    deadline = _PRESENT.get()
    if deadline is not None:
        deadline.check()
