"""What follows a look once its decision was carried out: pictures, retention, the explanation of an alarm."""

from __future__ import annotations

from typing import final

from forewarn.audit.discarding import drop_old
from forewarn.audit.equipment import Equipment
from forewarn.audit.explaining import explain
from forewarn.audit.folder import RunFolder
from forewarn.audit.measuring import Measured, Measuring
from forewarn.audit.pictures import keep_pictures
from forewarn.audit.scribe import Scribe, attempt
from forewarn.audit.tally import Tally
from forewarn.store.kept import left_by
from forewarn.subjects.deadline import within


@final
class Aftermath:
    """Mutable: holds the last look until all that follows it was done.

    Nothing rests on what is done here. What fails is a warning, and each part has as long as a look may take.
    """

    def __init__(
        self, equipment: Equipment, folder: RunFolder, tally: Tally, measuring: Measuring, scribe: Scribe
    ) -> None:
        self._folder, self._tally, self._measuring, self._scribe = folder, tally, measuring, scribe
        self._equipment, self._limit = equipment, equipment.look_limit
        self._untidied: Measured | None = None
        self._unexplained: Measured | None = None

    def follows(self, found: Measured) -> None:
        """Note a look that was taken: something is to be done about it."""
        self._untidied = found
        self._unexplained = None if found.alarm is None else found

    def tidy(self) -> None:
        """Keep pictures of the last look, let old snapshots go, and make it what the next look is held against."""
        found, self._untidied = self._untidied, None
        if found is None:
            return
        attempt("keep the pictures of a look", lambda: self._draw(found))
        self._seal(found)
        attempt(f"remove old snapshots of {self._folder.path}", self._drop)
        attempt("keep a snapshot for the next look", lambda: self._measuring.remember(found.taken.snapshot))

    def explain(self) -> None:
        """Ask for people what the last look's alarm is about."""
        found, self._unexplained = self._unexplained, None
        if found is not None:
            attempt("explain an alarm to its end", lambda: self._explain(found))
            self._seal(found)

    def _seal(self, found: Measured) -> None:
        """The ledger tells the digests of what a look leaves beside it, so that any later change shows."""
        step, names = found.taken.step, left_by(found.taken.snapshot)
        attempt("write down the digests of a look's files", lambda: self._folder.seal(step, names))

    def _draw(self, found: Measured) -> None:
        with within(self._limit):
            keep_pictures(self._folder.path, found.inputs, self._measuring.split, found.taken.outcomes)

    def _drop(self) -> None:
        tools = self._equipment
        drop_old(self._folder, self._tally, tools.keep_newest, self._scribe.write, tools.keep_flagged)

    def _explain(self, found: Measured) -> None:
        with within(self._limit):
            explain(self._folder.path, found.inputs, self._measuring.split, found.taken.outcomes)
