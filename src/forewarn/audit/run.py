"""The audit of one run: looks, verdicts, alarm and ledger. Knows no trainer."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from forewarn.alarms import AlarmState, held_back
from forewarn.audit.decision import Decision
from forewarn.audit.discarding import drop_old
from forewarn.audit.equipment import Equipment
from forewarn.audit.explaining import explain
from forewarn.audit.folder import RunFolder
from forewarn.audit.measuring import Known, Measuring
from forewarn.audit.pictures import keep_pictures
from forewarn.audit.tally import Tally
from forewarn.auditset import Encoder
from forewarn.errors import StoreError
from forewarn.helpers import History
from forewarn.judges.claims import leading
from forewarn.judges.features import told_before
from forewarn.records import (
    Alarm,
    AlarmRaised,
    Ending,
    Event,
    Failed,
    LookMissed,
    LookTaken,
    Outcome,
    Reason,
    ReasonCode,
    ResponseGiven,
    RunEnded,
    RunStarted,
    Status,
    Target,
)
from forewarn.store.staging import Frozen
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")


class Audit:
    """Mutable: takes looks at snapshots of one run and writes down all that comes of them."""

    def __init__(
        self, equipment: Equipment, encoder: Encoder, folder: RunFolder, opener: Opener | None
    ) -> None:
        self.folder, self.tally = folder, Tally()
        self._equipment, self._encoder, self._opener = equipment, encoder, opener
        self._measuring = Measuring(equipment, encoder, folder, opener)
        self._alarm, self._missed, self._history = AlarmState(), 0, History()
        self._first: tuple[Outcome, ...] | None = ()
        self.last: LookTaken | None = None
        """The last look taken; None before the first and after a miss."""

    def look(self, frozen: Frozen, step: int, metrics: Sequence[tuple[str, float]] = ()) -> Decision | None:
        """Audit one snapshot. Snapshot, evidence and decision are on disk when it returns.

        Raises what the store and the opening raise (disk full, not finite); the caller records the miss.
        """
        begun = time.monotonic()
        snapshot = self.folder.snapshots.put(frozen, step, tuple(metrics))
        # The tally of now: a snapshot is never its own last clear one.
        target = self._target(step, snapshot.digest)
        known = Known(self._alarm, self._history, self.tally.last_clear, self._first)
        found = self._measuring(frozen, snapshot, known, begun)
        split, taken = self._measuring.split, found.taken
        keep_pictures(self.folder.path, found.inputs, split, taken.outcomes)
        self._write(taken)
        self._history, self._first = found.history, found.first
        if told := held_back(taken.verdict, self.threshold):
            log.warning("forewarn, step %d: %s", step, told)
        # Kept only once the alarm is on disk: one that could not be written is raised again at the next look.
        decision = None if found.alarm is None else self._speak(found.alarm, taken, target)
        self._alarm, self.last = found.state, taken
        blind = self._after(_blindness(taken), target)
        if found.alarm is not None:
            explain(self.folder.path, found.inputs, split, taken.outcomes)
        self._drop_old()
        self._measuring.remember(snapshot.digest)
        return decision or blind

    def miss(self, step: int, reason: Reason) -> Decision | None:
        """A look was due and nothing came of it: counted even where it cannot be written."""
        self.last, missed = None, LookMissed(step, reason)
        self.tally.note(missed)
        try:
            self.folder.append(missed)
        except StoreError as error:
            log.warning("forewarn could not write the missed look of step %d: %s", step, error)
        return self._after(reason, self._target(step, None))

    def end(self, step: int, reason: Ending, error: str = "") -> None:
        """Write where the run stands, and how it ended."""
        self._write(RunEnded(step, self.status, reason, error))

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self.tally.status(self._missed)

    @property
    def threshold(self) -> float:
        """Probability that a look must exceed to raise the alarm."""
        return self._equipment.rule.threshold

    @property
    def claim(self) -> str | None:
        """The strongest claim of the last look that the judge counts, in a sentence."""
        return None if self.last is None else self._leading(self.last)

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {
            "alarm": self._alarm.as_dict(),
            "flagged": self.tally.flagged,
            "segment": self.tally.segment,
            "missed": self._missed,
            "missed_looks": self.tally.missed,
            "head": self.folder.ledger.head,
            "carried": None if math.isinf(self._history.carried) else self._history.carried,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Begin a new segment with what `state` gave, and with the events that the folder's ledger holds."""
        self._alarm = AlarmState.from_dict(state["alarm"]).restarted()
        self._missed = int(state["missed"])
        carried = state.get("carried")
        left = math.inf if carried is None else float(carried)
        events = tuple(self.folder.events())
        for event in events:
            self.tally.note(event)
            if isinstance(event, LookTaken):
                self._history = self._history.after(event.outcomes, left)
        self._first = self._told_before(events)
        # The checkpoint's own word, for a folder whose ledger does not say that it was taken up again.
        self.tally.flagged |= bool(state["flagged"])
        if self.tally.latest:
            self._measuring.remember(next(reversed(self.tally.latest)))

    def _told_before(self, events: Sequence[Event]) -> tuple[Outcome, ...] | None:
        """What the looks in a ledger make no news; None where it does not reach back to the run's start."""
        if not (events and isinstance(events[0], RunStarted)):
            return None
        looks = [event for event in events if isinstance(event, LookTaken)]
        return told_before(looks, self._equipment.judge.codes)

    def _write(self, event: Event) -> None:
        self.folder.append(event)
        self.tally.note(event)

    def _target(self, step: int, snapshot: str | None) -> Target:
        return Target(step, snapshot, self.tally.segment, self.tally.last_clear)

    def _leading(self, taken: LookTaken) -> str | None:
        """The claim that a look is told by, in a sentence; None where the judge counts none of its claims."""
        codes = self._equipment.judge.codes
        counted = [outcome for outcome in taken.outcomes if outcome.code in codes]
        found = leading(counted, codes, self._first or ())
        return None if found is None else found.claim

    def _speak(self, alarm: Alarm, taken: LookTaken, target: Target) -> Decision:
        decision = self._equipment.policy.on_alarm(alarm, self._leading(taken), target)
        self._write(AlarmRaised(target.step, alarm, target.segment))
        return self._decided(decision)

    def _after(self, blind: Reason | None, target: Target) -> Decision | None:
        """Count looks missed in a row; in `halt` mode too many of them are a reason to stop."""
        self._missed = 0 if blind is None else self._missed + 1
        if blind is None:
            return None
        decision = self._equipment.policy.on_blindness(self._missed, blind, target)
        return None if decision is None else self._decided(decision)

    def _decided(self, decision: Decision) -> Decision:
        """Write the decision down; it is carried out also where that fails."""
        step, response = decision.target.step, decision.response
        try:
            self._write(ResponseGiven(step, response, decision.why, decision.cause, decision.target))
        except StoreError as error:
            log.warning("forewarn could not write its decision of step %d: %s", step, error)
        return decision

    def _drop_old(self) -> None:
        """Retention; where it fails the disk fills up, and the look stands all the same."""
        try:
            drop_old(self.folder, self.tally, self._equipment.keep_newest, self._write)
        except StoreError as error:
            log.warning("forewarn could not remove old snapshots of %s: %s", self.folder.path, error)


def _blindness(taken: LookTaken) -> Reason | None:
    """Why a look does not count as having seen: a probe failed and the rest could not tell."""
    failed = [o for o in taken.outcomes if isinstance(o, Failed)]
    if not failed or taken.status is not Status.UNKNOWN:
        return None
    return Reason(ReasonCode.PROBE_FAILED, f"{failed[0].code} failed: {failed[0].error}")
