"""What the looks of a run have come to so far: a function of the events of its ledger."""

from __future__ import annotations

from collections import Counter
from typing import final

from forewarn.records import (
    AlarmAcknowledged,
    AlarmRaised,
    Event,
    LookMissed,
    LookTaken,
    RunResumed,
    RunStarted,
    SnapshotDropped,
    Status,
)


@final
class Tally:
    """Mutable: counts looks as they are taken or missed, over all segments of the run."""

    def __init__(self) -> None:
        self.segment = 1
        """Number of the present segment: a stretch between two restarts, with at most one alarm."""
        self.flagged = False
        """Whether any segment has alarmed."""
        self.alarms: list[AlarmRaised] = []
        """The alarms of all segments, in order."""
        self.standing = 0
        """Alarms that nobody has acknowledged, those that only a checkpoint remembers among them."""
        self.missed = 0
        """Looks missed, those that were due and of which an earlier segment has no word among them."""
        self.lost = False
        """Whether lines of an earlier ledger are gone: what they said is unknown for good."""
        self.latest: dict[str, Status] = {}
        """Where each snapshot stood when it was last looked at; the latest look comes last."""
        self.dropped: set[str] = set()
        """Snapshots of which the ledger says that retention removes them."""
        self._looking = False
        self._taken: Counter[Status] = Counter()
        self._settled = Status.UNKNOWN

    def note(self, event: Event) -> None:
        """Count one event in; events that are no part of the tally are left aside."""
        if isinstance(event, LookTaken):
            self._note_look(event)
        elif isinstance(event, LookMissed):
            self.missed, self._looking = self.missed + 1, False
        elif isinstance(event, AlarmRaised):
            self.flagged, self.standing = True, self.standing + 1
            self.alarms.append(event)
        elif isinstance(event, AlarmAcknowledged):
            self.standing = max(self.standing - 1, 0)
        elif isinstance(event, SnapshotDropped):
            self.dropped.add(event.snapshot)
        elif isinstance(event, RunStarted):
            self.segment = event.segment
        elif isinstance(event, RunResumed):
            self._note_restart(event)

    def begin(self) -> None:
        """Note that a look begins: until something comes of it, nothing can be called clear."""
        self._looking = True

    def _note_restart(self, resumed: RunResumed) -> None:
        """What the checkpoint remembers holds, also where the ledger that said so is gone."""
        self.segment = resumed.segment
        self.standing += resumed.flagged and not self.flagged
        self.flagged |= resumed.flagged
        self.missed = max(self.missed, resumed.missed)
        self.lost |= not resumed.found.whole

    def _note_look(self, taken: LookTaken) -> None:
        """The latest look comes last, also where its weights were seen before.

        A look at unchanged weights measured nothing: the snapshot stands where the look that measured it put it.
        """
        if not (taken.verdict.unchanged and taken.snapshot in self.latest):
            self.latest.pop(taken.snapshot, None)
            self.latest[taken.snapshot] = taken.status
        self.dropped.discard(taken.snapshot)
        self._taken[taken.status] += 1
        self._looking = False
        if not taken.verdict.saving:
            self._settled = taken.status

    @property
    def taken(self) -> int:
        """Looks taken, of whatever status."""
        return self._taken.total()

    @property
    def clear(self) -> int:
        """Looks that were clear."""
        return self._taken[Status.CLEAR]

    @property
    def unknown(self) -> int:
        """Looks that could not tell."""
        return self._taken[Status.UNKNOWN]

    @property
    def last_clear(self) -> str | None:
        """Digest of the last clear snapshot; None without one."""
        return next((digest for digest in reversed(self.latest) if self.latest[digest] is Status.CLEAR), None)

    def status(self, missed_in_a_row: int) -> Status:
        """Flagged after an alarm in any segment; else unknown if anything is amiss; else clear.

        Amiss is: a look was missed, or was begun and nothing came of it; lines of an earlier ledger are gone; a
        look was over the threshold without an alarm on disk; or the last look could not tell.

        A look at which the helper asked nothing, in order to save, does not count as the last one: the runs of its
        calibration ended so too. Where no look asked anything, the run is unknown.
        """
        if self.flagged:
            return Status.FLAGGED
        amiss = self.missed or missed_in_a_row or self.lost or self._looking or self._taken[Status.FLAGGED]
        return Status.UNKNOWN if amiss or self._settled is not Status.CLEAR else Status.CLEAR
