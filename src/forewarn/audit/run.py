"""The audit of one run: looks, verdicts, alarm and ledger. Knows no trainer."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from forewarn.alarms import AlarmState, held_back
from forewarn.audit.aftermath import Aftermath
from forewarn.audit.blindness import Blindness, why_missed, why_unknown
from forewarn.audit.decision import Decision
from forewarn.audit.equipment import Equipment
from forewarn.audit.folder import RunFolder
from forewarn.audit.measuring import Known, Measured, Measuring
from forewarn.audit.origin import whole_story
from forewarn.audit.restoring import restored
from forewarn.audit.scribe import Scribe, warn
from forewarn.audit.tally import Tally
from forewarn.audit.unchanged import Seen, unchanged
from forewarn.auditset import Encoder
from forewarn.errors import TimeIsUp
from forewarn.helpers import History
from forewarn.records import (
    Alarm,
    AlarmRaised,
    Ending,
    LookMissed,
    LookTaken,
    Outcome,
    Reason,
    RunEnded,
    Status,
    Target,
)
from forewarn.store.staging import Frozen
from forewarn.subjects.deadline import within
from forewarn.subjects.opening import Opener
from forewarn.subjects.untouched.guard import untouched


class Audit:
    """Mutable: takes looks at snapshots of one run and writes down all that comes of them.

    A look ends with its decision. An alarm is handed on before anything else is tried, so that nothing that fails
    can keep it from being carried out. What comes afterwards (pictures, retention, the explanation of an alarm) is
    done by `settle`, at the latest before the next look.

    Whatever is called here leaves the process as it was (`untouched`).
    """

    def __init__(
        self, equipment: Equipment, encoder: Encoder, folder: RunFolder, opener: Opener | None
    ) -> None:
        self.folder, self.tally = folder, Tally()
        self._equipment, self._encoder, self._opener = equipment, encoder, opener
        self._measuring = Measuring(equipment, encoder, folder, opener)
        self._scribe = Scribe(folder, self.tally)
        self._after = Aftermath(equipment, folder, self.tally, self._measuring, self._scribe)
        self._alarm, self._history, self._blindness = AlarmState(), History(), Blindness()
        self._blind_before = self._blindness
        self._seen: Seen | None = None
        self._first: tuple[Outcome, ...] | None = ()
        self._claim: str | None = None
        self._due: Decision | None = None
        self._counted: int | None = None
        self.last: LookTaken | None = None
        """The last look taken; None before the first and after a miss."""

    @untouched()
    def look(
        self, frozen: Frozen, step: int, metrics: Sequence[tuple[str, float]] = (), weights: str = ""
    ) -> Decision | None:
        """Audit one snapshot. Snapshot, evidence and decision are on disk when it returns, if the disk takes them.

        `weights` names weights that are not the model's own, such as averaged ones.

        An alarm is returned whatever fails. Raises what the store and the opening raise (disk full, not finite);
        the caller records the miss with `miss`. A look that takes too long, and one that is broken off by
        KeyboardInterrupt or SystemExit, has been recorded as missed already; the latter two are raised on.
        """
        try:
            self.settle()
            return self._looked(frozen, step, metrics, weights)
        except (TimeIsUp, KeyboardInterrupt, SystemExit) as error:
            decision = self.miss(step, why_missed(error))
            halts = decision is not None and decision.alarm is not None and decision.halts
            if isinstance(error, TimeIsUp) or halts:
                return decision
            self._counted = step
            raise

    def miss(self, step: int, reason: Reason) -> Decision | None:
        """A look was due and nothing came of it: counted even where it cannot be written.

        Where the look had found an alarm before it was broken off, that alarm stands and is returned.
        """
        counted, self._counted = self._counted, None
        if counted == step:
            return None
        if self._due is not None:
            return self._handed_on()
        self.last = None
        self._scribe.owe(LookMissed(step, reason), "the missed look")
        self._blindness = self._blindness.missing()
        return self._blind(reason, self._target(step, None))

    def disown(self, step: int, reason: Reason) -> Decision | None:
        """Count the look just taken as missed after all, in a row with those before it."""
        self._blindness = self._blind_before
        return self.miss(step, reason)

    @untouched()
    def settle(self) -> None:
        """What follows a look, once its decision was carried out: pictures, retention, explanation of an alarm.

        Never raises but KeyboardInterrupt and SystemExit. Bounded in time, as a look is.
        """
        self._after.tidy()
        self._after.explain()

    @untouched()
    def end(self, step: int, reason: Ending, error: str = "") -> None:
        """Write where the run stands, and how it ended. Raises what the ledger raises.

        What an alarm is about is not asked before that: call `settle` afterwards.
        """
        self._after.tidy()
        self._scribe.write(RunEnded(step, self.status, reason, error))

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self.tally.status(self._blindness.missed)

    @property
    def threshold(self) -> float:
        """Probability that a look must exceed to raise the alarm."""
        return self._equipment.rule.threshold

    @property
    def claim(self) -> str | None:
        """The strongest claim of the last look that the judge counts, in a sentence."""
        return None if self.last is None else self._claim

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {
            "alarm": self._alarm.as_dict(),
            "flagged": self.tally.flagged or self.folder.beat.alarmed,
            "alarm_stands": self.tally.standing > 0 or self.folder.beat.alarmed,
            "segment": self.tally.segment,
            "missed": self._blindness.missed,
            "unknown": self._blindness.unknown,
            "missed_looks": self.tally.missed,
            "head": self.folder.ledger.head,
            "carried": None if math.isinf(self._history.carried) else self._history.carried,
            "seen": None if self._seen is None else asdict(self._seen),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Begin a new segment with what `state` gave, and with the events that the folder's ledger holds."""
        events = self.folder.events()
        for event in events:
            self.tally.note(event)
        # The checkpoint's own word, for a folder whose ledger does not say that it was taken up again.
        self.tally.flagged |= bool(state["flagged"])
        tools = self._equipment
        told = whole_story(self.folder.path)
        before = restored(state, told, tools.judge.codes, tools.policy.known_by)
        self._alarm, self._history, self._blindness = before.alarm, before.history, before.blindness
        self._seen, self._first = before.seen, before.first
        if self.tally.latest:
            self._measuring.remember(next(reversed(self.tally.latest)))

    def _target(self, step: int, snapshot: str | None) -> Target:
        return Target(step, snapshot, self.tally.segment, self.tally.last_clear)

    def _looked(
        self, frozen: Frozen, step: int, metrics: Sequence[tuple[str, float]], weights: str
    ) -> Decision | None:
        begun = time.monotonic()
        self._blind_before = self._blindness
        self.tally.begin()
        self.folder.begin_look(step)
        with within(self._equipment.look_limit):
            snapshot = self.folder.snapshots.put(frozen, step, tuple(metrics))
            # The tally of now: a snapshot is never its own last clear one.
            target = self._target(step, snapshot.digest)
            if not weights and self._seen is not None and self._seen.is_still(snapshot):
                calibration = self._equipment.judge.calibration.digest
                return self._silent(unchanged(self._seen, snapshot, calibration, begun), target)
            known = Known(self._alarm, self._history, self.tally.last_clear, self._first)
            found = self._measuring(frozen, snapshot, known, begun, weights)
        if found.alarm is not None:
            return self._alarmed(found, found.alarm, target)
        decision = self._silent(found.taken, target)
        self._keep(found)
        if told := held_back(found.taken.verdict, self.threshold):
            warn("forewarn at step %d: %s", step, told)
        if decision is None:
            self._after.tidy()
        return decision

    def _alarmed(self, found: Measured, alarm: Alarm, target: Target) -> Decision:
        """Hand an alarm on. It is due from the moment that it is known, and is written if the disk takes it."""
        policy = self._equipment.policy
        self._due = decision = policy.on_alarm(alarm, found.claim, target)
        self._keep(found)
        self._blindness = Blindness()
        self._scribe.owe(found.taken, "the look")
        self._scribe.owe(AlarmRaised(target.step, alarm, target.segment), "the alarm")
        self._scribe.owe(decision.event, "its decision")
        return self._handed_on() or decision

    def _handed_on(self) -> Decision | None:
        due, self._due = self._due, None
        return due

    def _silent(self, taken: LookTaken, target: Target) -> Decision | None:
        """Write a look at which the rule was silent. Raises what the ledger raises: then it was no look."""
        self._scribe.write(taken)
        self._note(taken)
        self._claim = None
        self._blindness = self._blindness.after(taken, self._equipment.policy.known_by)
        return self._blind(why_unknown(taken), target) if taken.status is Status.UNKNOWN else None

    def _keep(self, found: Measured) -> None:
        """What this look leaves to later ones."""
        self._note(found.taken)
        self._alarm, self._history, self._first = found.state, found.history, found.first
        self._claim = found.claim
        self._after.follows(found)

    def _note(self, taken: LookTaken) -> None:
        """The last look; averaged weights say nothing about whether the model's own move."""
        self.last = taken
        if not taken.weights:
            self._seen = Seen.of(taken)

    def _blind(self, why: Reason, target: Target) -> Decision | None:
        """In `halt` mode too many looks in a row that saw nothing are a reason to stop."""
        policy, blindness = self._equipment.policy, self._blindness
        decision = policy.on_blindness(blindness.missed, why, target)
        decision = decision or policy.on_unknown(blindness.unknown, why, target)
        if decision is not None:
            self._scribe.owe(decision.event, "its decision")
        return decision
