"""What a run that is taken up again knows of its earlier looks: from a checkpoint, and from its ledger."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forewarn.alarms import AlarmState
from forewarn.audit.blindness import Blindness
from forewarn.audit.scribe import warn
from forewarn.audit.unchanged import Seen
from forewarn.helpers import History
from forewarn.judges.features import told_before
from forewarn.records import AlarmAcknowledged, Event, LookMissed, LookTaken, Outcome, RunResumed


@dataclass(frozen=True, slots=True)
class Restored:
    """What an audit goes on with."""

    alarm: AlarmState
    history: History
    blindness: Blindness
    seen: Seen | None
    first: tuple[Outcome, ...] | None
    """What is no news: empty where nothing was measured yet, None where that is lost."""


def restored(
    state: Mapping[str, Any], events: Sequence[Event], codes: Sequence[str], known_by: int
) -> Restored:
    """What a checkpoint's `state` and the events of the ledger say together.

    `codes`: what the judge counts. `known_by`: the step up to which a model may know too little.

    The ledger may hold more looks than the checkpoint remembers, where the run went on after it was written. Each
    of them could have raised the alarm, so that all count towards the looks that the promise covers.
    """
    looks = [event for event in events if isinstance(event, LookTaken)]
    measured = [look for look in looks if not look.verdict.unchanged]
    alarm = AlarmState.from_dict(state["alarm"]).restarted()
    alarm = replace(alarm, looks=max(alarm.looks, len(measured)))
    blindness = _blindness(state, events, known_by)
    history = _history(state, measured, alarm.looks)
    first = None if alarm.looks and not measured else _told_before(events, measured, codes)
    return Restored(alarm, history, blindness, _seen(state, looks), first)


def _blindness(state: Mapping[str, Any], events: Sequence[Event], known_by: int) -> Blindness:
    """Looks in a row of which nothing came: a restart does not begin to count anew."""
    found = Blindness()
    for event in events:
        if isinstance(event, LookMissed):
            found = found.missing()
        elif isinstance(event, LookTaken):
            found = found.after(event, known_by)
    return Blindness(
        max(int(state["missed"]), found.missed), max(int(state.get("unknown", 0)), found.unknown)
    )


def _told_before(
    events: Sequence[Event], measured: Sequence[LookTaken], codes: Sequence[str]
) -> tuple[Outcome, ...] | None:
    """What of the run is no news; None where the ledger does not reach back to the run's start."""
    if any(isinstance(event, RunResumed) and not event.found.whole for event in events):
        return None
    wrong = [event.step for event in events if isinstance(event, AlarmAcknowledged) and event.wrong]
    return told_before(measured, codes, wrong)


def _history(state: Mapping[str, Any], measured: Sequence[LookTaken], n_looks: int) -> History:
    carried = state.get("carried")
    left = math.inf if carried is None else float(carried)
    if n_looks and not measured:
        warn(
            "forewarn does not know any more what the run's %d earlier looks found, since their ledger is gone: "
            "the helper keeps what it has saved (%g passes) and asks as at a first look",
            n_looks,
            left,
        )
        return History(n_looks, left)
    history = History(0, left)
    for look in measured:
        history = history.after(look.outcomes, left)
    return history


def _seen(state: Mapping[str, Any], looks: Sequence[LookTaken]) -> Seen | None:
    """The checkpoint's own word; the ledger's last look where it has none, as in one of an earlier version."""
    if "seen" not in state:
        return Seen.of(looks[-1]) if looks else None
    return None if state["seen"] is None else Seen(**state["seen"])
