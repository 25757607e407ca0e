"""The audit of one run: looks, verdicts, alarm and ledger. Knows no trainer."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.alarms import AlarmRule, AlarmState
from forewarn.audit.decision import Decision, on_alarm, on_blindness
from forewarn.audit.explaining import explain
from forewarn.audit.folder import RunFolder
from forewarn.audit.look import Examiner
from forewarn.audit.pictures import drop_pictures, keep_pictures
from forewarn.audit.previous import PreviousSnapshot
from forewarn.audit.settings import Settings
from forewarn.audit.wording import writer_of
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import StoreError, SubjectError
from forewarn.helpers import History
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.judges.judge import Judge
from forewarn.records import (
    Alarm,
    AlarmRaised,
    Evidence,
    Failed,
    LookMissed,
    LookTaken,
    ResponseGiven,
    RunEnded,
    Snapshot,
    SnapshotDropped,
    Status,
)
from forewarn.store.retention import to_drop
from forewarn.store.staging import Frozen
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a run is audited with; the same for all its looks."""

    audit_set: AuditSet
    encoder: Encoder
    examiner: Examiner
    judge: Judge
    rule: AlarmRule


class Audit:
    """Mutable: takes looks at snapshots of one run and writes down all that comes of them."""

    def __init__(
        self, equipment: Equipment, settings: Settings, folder: RunFolder, opener: Opener | None
    ) -> None:
        self.folder = folder
        self._equipment, self._settings, self._opener = equipment, settings, opener
        self._split = equipment.audit_set.split(settings.seed)
        self._previous = None if opener is None else PreviousSnapshot(opener)
        self._alarm = AlarmState()
        self._missed, self._gap = 0, False
        self._history = History()
        self._statuses: dict[str, Status] = {}
        self._settled = Status.UNKNOWN
        self.last: LookTaken | None = None
        """The last look taken; None before the first and after a miss."""

    def look(self, frozen: Frozen, step: int, metrics: Sequence[tuple[str, float]] = ()) -> Decision | None:
        """Audit one snapshot. Snapshot, evidence and decision are on disk when it returns.

        Raises what the store and the opening raise (disk full, not finite); the caller records the miss.
        """
        begun = time.monotonic()
        snapshot = self.folder.snapshots.put(frozen, step, tuple(metrics))
        inputs = self._inputs(frozen, snapshot)
        taken, state, alarm, history = self._examined(inputs, snapshot, begun)
        self.folder.append(taken)
        self._note(taken)
        self._history = history
        # Kept only once the alarm is on disk: one that could not be written is raised again at the next look.
        decision = None if alarm is None else self._speak(step, alarm, taken)
        self._alarm, self.last = state, taken
        blind = self._after(step, _blindness(taken))
        if alarm is not None:
            explain(self.folder.path, inputs, self._split, taken.outcomes)
        self._drop_old()
        self._remember(snapshot.digest)
        return decision or blind

    def _remember(self, digest: str) -> None:
        """The next look may compare itself with this one, if its snapshot is kept so long."""
        store = self.folder.snapshots
        if self._previous is not None:
            self._previous.is_now(digest, (lambda: store.load(digest)) if store.holds(digest) else None)

    def miss(self, step: int, reason: str) -> Decision | None:
        """A look was due and nothing came of it: counted even where it cannot be written."""
        self.last, self._gap = None, True
        try:
            self.folder.append(LookMissed(step, reason))
        except StoreError as error:
            log.warning("forewarn could not write the missed look of step %d: %s", step, error)
        return self._after(step, reason)

    def end(self, step: int, reason: str) -> None:
        """Write where the run stands."""
        self.folder.append(RunEnded(step, self.status, reason))

    @property
    def status(self) -> Status:
        """Flagged after an alarm; unknown if any look was missed or the last one could not tell.

        A look at which the helper asked nothing, to save, is not the last one: its calibration was made from runs
        that ended so too. Where no look asked anything, the run is unknown.
        """
        if self._alarm.alarm_step is not None:
            return Status.FLAGGED
        unknown = self._gap or self._missed or self._settled is Status.UNKNOWN
        return Status.UNKNOWN if unknown else Status.CLEAR

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {
            "alarm": self._alarm.as_dict(),
            "missed": self._missed,
            "head": self.folder.ledger.head,
            "carried": None if math.isinf(self._history.carried) else self._history.carried,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave, and from the looks that the folder's ledger holds."""
        self._alarm = AlarmState.from_dict(state["alarm"])
        self._missed = int(state["missed"])
        carried = state.get("carried")
        for taken in self.folder.looks():
            self._note(taken)
            self._history = self._history.after(
                taken.outcomes, math.inf if carried is None else float(carried)
            )
        if self._statuses:
            self._remember(next(reversed(self._statuses)))

    def _note(self, taken: LookTaken) -> None:
        """The latest look comes last, also where its weights were seen before."""
        self._statuses.pop(taken.snapshot, None)
        self._statuses[taken.snapshot] = taken.status
        if not taken.verdict.saving:
            self._settled = taken.status

    def _inputs(self, frozen: Frozen, snapshot: Snapshot) -> ProbeInputs:
        if self._opener is None or self._previous is None:
            raise SubjectError("the model could not be opened when the run began")
        return ProbeInputs(
            self._opener.open({**frozen.tensors, **_shared(frozen)}, snapshot.digest),
            self._equipment.audit_set,
            self._equipment.encoder,
            keeper=self.folder.lenses,
            before=self._previous.open,
            words=writer_of(self.folder.path),
        )

    def _examined(
        self, inputs: ProbeInputs, snapshot: Snapshot, begun: float
    ) -> tuple[LookTaken, AlarmState, Alarm | None, History]:
        tools = self._equipment
        look = tools.examiner.look(inputs, self._split, self._history)
        outcomes = look.outcomes
        known, n = len(inputs.known(tools.audit_set.facts)), len(tools.audit_set.facts)
        verdict = tools.judge.verdict(outcomes, known, n)
        state, status, alarm = tools.rule.update(self._alarm, verdict, snapshot.step, snapshot.digest)
        keep_pictures(self.folder.path, inputs, self._split, outcomes)
        seconds = round(time.monotonic() - begun, 3)
        taken = LookTaken(snapshot.step, snapshot.digest, outcomes, verdict, status, known, n, seconds)
        return taken, state, alarm, look.history

    def _speak(self, step: int, alarm: Alarm, taken: LookTaken) -> Decision:
        decision = on_alarm(self._settings, alarm, _strongest(taken, self._equipment.judge.codes))
        self.folder.append(AlarmRaised(step, alarm))
        return self._told(step, decision)

    def _after(self, step: int, blind: str | None) -> Decision | None:
        """Count looks missed in a row; in `halt` mode too many of them are a reason to stop."""
        self._missed = 0 if blind is None else self._missed + 1
        decision = None if blind is None else on_blindness(self._settings, self._missed, blind)
        if decision is not None:
            try:
                self._told(step, decision)
            except StoreError as error:
                log.warning("forewarn could not write its decision of step %d: %s", step, error)
        return decision

    def _told(self, step: int, decision: Decision) -> Decision:
        self.folder.append(ResponseGiven(step, decision.response, decision.why))
        return decision

    def _drop_old(self) -> None:
        """Retention; where it fails the disk fills up, and the look stands all the same."""
        try:
            self._drop()
        except StoreError as error:
            log.warning("forewarn could not remove old snapshots of %s: %s", self.folder.path, error)

    def _drop(self) -> None:
        store = self.folder.snapshots
        stored = store.list()
        looked = list(self._statuses.items())
        flagged = [i for i, (_, status) in enumerate(looked) if status is Status.FLAGGED]
        # A flagged one was measured beside the one before it; a replay needs both.
        kept = {looked[j][0] for i in flagged for j in (i, max(i - 1, 0))}
        clear = [digest for digest, status in looked if status is Status.CLEAR]
        for digest in to_drop(stored, flagged=kept, clear=clear, newest=self._settings.keep_newest):
            store.drop(digest)
            drop_pictures(self.folder.path, digest)
            self.folder.lenses.forget(digest)
            step = next(s.step for s in stored if s.digest == digest)
            self.folder.append(SnapshotDropped(step, digest))


def _shared(frozen: Frozen) -> dict[str, Any]:
    return {name: frozen.tensors[target] for name, target in frozen.aliases.items()}


def _blindness(taken: LookTaken) -> str | None:
    """Why a look does not count as having seen: a probe failed and the rest could not tell."""
    failed = [o for o in taken.outcomes if isinstance(o, Failed)]
    if not failed or taken.status is not Status.UNKNOWN:
        return None
    return f"{failed[0].code} failed: {failed[0].error}"


def _strongest(taken: LookTaken, codes: Sequence[str]) -> str | None:
    """Of the claims that the judge counts the one with the greatest lower end, for people."""
    found = [o for o in taken.outcomes if isinstance(o, Evidence) and o.code in codes]
    return max(found, key=lambda e: e.interval.low).claim if found else None
