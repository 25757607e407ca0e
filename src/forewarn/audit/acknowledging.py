"""Alarms that nobody has acknowledged: as long as there is one, a run that may halt does not go on."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forewarn.audit.claim import Claim
from forewarn.audit.gaps import is_cut
from forewarn.audit.heartbeat import sign_of_life
from forewarn.errors import StoreError
from forewarn.records import AlarmAcknowledged, AlarmRaised, Event, RunResumed
from forewarn.store.ledger import Ledger, look_over

_LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that stands: nobody has acknowledged it."""

    step: int
    """Training step at which it was raised, or at which a restart was told of it."""
    segment: int
    """Segment of the run in which it spoke."""
    why: str
    """What is known of it, in a part of a sentence."""


def standing_alarms(run: Path) -> tuple[StandingAlarm, ...]:
    """The alarms of a run that stand, in order; of a damaged ledger those that can be read."""
    try:
        events = [entry.event for entry in look_over(run / _LEDGER).entries]
    except StoreError:
        return ()
    found, beat = standing_among(events), sign_of_life(run).beat
    if not found and beat is not None and beat.alarmed:
        why = "an alarm was raised whose line is not in the ledger"
        return (StandingAlarm(beat.step, beat.segment, why),)
    return found


def standing_among(events: Sequence[Event]) -> tuple[StandingAlarm, ...]:
    """The alarms among these events that no later one acknowledges."""
    standing: dict[tuple[int, int], StandingAlarm] = {}
    raised = False
    for event in events:
        if isinstance(event, AlarmRaised):
            raised = True
            standing[event.segment, event.step] = StandingAlarm(event.step, event.segment, _why(event))
        elif isinstance(event, RunResumed) and event.flagged and not raised:
            raised = True
            why = "the checkpoint remembers an alarm, and the ledger that told of it is not this one"
            standing[event.segment - 1, event.step] = StandingAlarm(event.step, event.segment - 1, why)
        elif isinstance(event, AlarmAcknowledged):
            standing.pop((event.segment, event.step), None)
    return tuple(standing.values())


def acknowledge(
    run: Path, *, by: str = "", why: str = "", wrong: bool = False
) -> tuple[AlarmAcknowledged, ...]:
    """Write into a run's ledger that somebody has seen its alarms, so that it may go on; the events written.

    `by` is the user's name on this machine where it is empty.

    Raises:
        StoreError: there is no ledger, it cannot be written, or no alarm stands.
        IntegrityError: the ledger was altered.
        TakenError: a monitor is writing into it.
    """
    claim = Claim.take(run) if (run / _LEDGER).is_file() else None
    try:
        ledger, alarms = Ledger.resume(run / _LEDGER), standing_alarms(run)
        if not alarms:
            raise StoreError(
                f"{run} holds no alarm that is not acknowledged already; there is nothing to write."
            )
        written = acknowledgements(alarms, by=by, why=why, wrong=wrong)
        beat, before = sign_of_life(run).beat, look_over(run / _LEDGER).entries
        for event in written:
            ledger.append(event)
        if claim is not None and beat is not None:
            # Where lines are gone, the heartbeat goes on remembering them.
            known = (beat.lines, beat.head) if is_cut(before, beat) else (ledger.length, ledger.head)
            claim.give(replace(beat, alarmed=False, lines=known[0], head=known[1]))
        return written
    finally:
        if claim is not None:
            claim.release()


def acknowledgements(
    alarms: Sequence[StandingAlarm], *, by: str = "", why: str = "", wrong: bool = False
) -> tuple[AlarmAcknowledged, ...]:
    """What is written of alarms that somebody has seen."""
    return tuple(AlarmAcknowledged(a.step, a.segment, by or _user(), why, wrong) for a in alarms)


def _why(event: AlarmRaised) -> str:
    alarm = event.alarm
    return (
        f"the probability of deception was {alarm.probability:.2f}, above the threshold {alarm.threshold:.2f}"
    )


def _user() -> str:
    """The user's name; a container may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
