"""Who writes a run's ledger: what could not be written is told later, and keeps nothing from being done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import final

from forewarn.audit.folder import RunFolder
from forewarn.audit.tally import Tally
from forewarn.records import Event

log = logging.getLogger("forewarn")


@final
class Scribe:
    """Mutable: writes events into the ledger of a run, and counts them in.

    An event that is owed to the ledger is counted at once, and is written as soon as the ledger takes it. So a
    miss or an alarm that came while the disk was full is in the ledger later, before all that followed it.
    """

    def __init__(self, folder: RunFolder, tally: Tally) -> None:
        self._folder, self._tally = folder, tally
        self._owed: list[Event] = []

    def write(self, event: Event) -> None:
        """Write an event, and then count it in. Raises what the ledger raises; then it is not counted."""
        self._make_up()
        self._folder.append(event)
        self._tally.note(event)

    def owe(self, event: Event, what: str) -> None:
        """Count an event in, and write it now or later. A warning about `what` where that has to wait."""
        self._tally.note(event)
        self._owed.append(event)
        if (error := self._make_up()) is not None:
            warn("forewarn could not write %s of step %d: %s", what, event.step, error)

    def _make_up(self) -> Exception | None:
        """Write what is owed, in order. What keeps something from being written; None where nothing does."""
        left, problem = list[Event](), None
        for event in self._owed:
            try:
                self._folder.append(event)
            except Exception as error:
                left, problem = [*left, event], error
        self._owed = left
        return problem


def warn(words: str, *given: object) -> None:
    """Log a warning. A handler of the user's that raises is no reason to leave undone what comes after it."""
    with suppress(Exception):
        log.warning(words, *given)


def attempt(what: str, act: Callable[[], object]) -> None:
    """Do something that nothing rests on; a warning where it fails."""
    try:
        act()
    except Exception as error:
        warn("forewarn could not %s: %s: %s", what, type(error).__name__, error)
