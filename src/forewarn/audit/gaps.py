"""Which looks were due and are not there: the one rule by which nothing that was not seen is called clear.

A reader, a restart and the monitor itself all ask here. What was due follows from the schedule and from the last
step that is known; what was done follows from the ledger; the heartbeat knows of both, where it can be read. The
wall clock decides nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forewarn.audit.heartbeat import Heartbeat, SignOfLife
from forewarn.records import (
    Ending,
    Event,
    LookMissed,
    LookTaken,
    RunEnded,
    RunResumed,
    RunStarted,
    SettingsChanged,
)
from forewarn.schedules import EveryNSteps, Schedule, due_between, from_plain
from forewarn.store.chain import Entry

SCHEDULE: Final = "schedule"
"""Key of the schedule among the settings used, and among settings that changed."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is lacking in the last segment of a run."""

    absent: tuple[int, ...] = ()
    """Steps at which a look was due and of which the ledger has no word, although training went on past them."""
    cut_short: int | None = None
    """Step of a look that was begun, or was just due, when the process died; None where there is none."""
    unwritten: int = 0
    """Looks of which the heartbeat knows and the ledger does not."""
    unlisted: bool = False
    """Whether the schedule calls for more looks than can be listed."""

    def lost_for_good(self, resumed_at: int) -> int:
        """Looks that no restart from this step makes good.

        A look that was cut short is taken again where the run goes on from before it.
        """
        again = self.cut_short is None or self.cut_short > resumed_at
        return max(len(self.absent) + (not again), self.unwritten) + self.unlisted

    @property
    def lacking(self) -> int:
        """Looks that are lacking now."""
        return max(len(self.absent) + (self.cut_short is not None), self.unwritten) + self.unlisted


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The last segment: where it began, what was looked at, and how it ended."""

    start: int
    segment: int
    looks: tuple[int, ...]
    ended: RunEnded | None


def gaps(
    events: Sequence[Event], schedule: Schedule | None, sign: SignOfLife, resumed_at: int | None = None
) -> Gaps:
    """What the last segment lacks. `resumed_at`, the step of a checkpoint, proves that training came so far."""
    last, beat = _last_stretch(events), _of_segment(sign.beat, events)
    goes_on = bool(sign.alive) and last.ended is None and resumed_at is None
    # A look whose line is there was finished, also where the process died before the heartbeat said so.
    open_look = beat is not None and beat.unfinished > 0 and beat.step not in last.looks
    end = _known_end(last, None if open_look else beat, resumed_at)
    stride = _stride(last, schedule) if beat is None else beat.stride
    due = None if schedule is None else due_between(schedule, last.start, end)
    absent = [*_uncovered(due or (), last.looks, stride), *_unseen_end(last)]
    cut_short = None
    if absent and not _passed(absent[-1], last, stride, end, beat):
        cut_short = absent.pop()
    if beat is not None and open_look and not goes_on:
        absent, cut_short = _with_open(absent, cut_short, beat, ended=last.ended is not None)
    unwritten = 0 if beat is None else beat.unwritten
    return Gaps(tuple(sorted(set(absent))), cut_short, unwritten, schedule is not None and due is None)


def schedule_of(settings: Mapping[str, Any], events: Sequence[Event] = ()) -> Schedule | None:
    """The schedule that a run went by last; None where its settings do not tell."""
    changed = [
        c for e in events if isinstance(e, SettingsChanged) for c in e.changes if c.setting == SCHEDULE
    ]
    if changed:
        return from_plain(changed[-1].now)
    every = settings.get("every_n_steps")
    if type(every) is int and every >= 1:
        return EveryNSteps(every)
    return from_plain(settings.get(SCHEDULE))


def is_cut(entries: Sequence[Entry], beat: Heartbeat | None) -> bool:
    """Whether the heartbeat remembers a line that the ledger has not: then lines were cut off its end."""
    if beat is None or not beat.lines:
        return False
    return len(entries) < beat.lines or entries[beat.lines - 1].hash != beat.head


def _last_stretch(events: Sequence[Event]) -> _Stretch:
    begun = [i for i, event in enumerate(events) if isinstance(event, RunStarted | RunResumed)]
    if not begun:
        return _Stretch(0, 0, (), None)
    first, after = events[begun[-1]], events[begun[-1] + 1 :]
    looks = tuple(sorted({e.step for e in after if isinstance(e, LookTaken | LookMissed)}))
    ended = [e for e in after if isinstance(e, RunEnded)]
    segment = first.segment if isinstance(first, RunStarted | RunResumed) else 0
    return _Stretch(first.step, segment, looks, ended[-1] if ended else None)


def _of_segment(beat: Heartbeat | None, events: Sequence[Event]) -> Heartbeat | None:
    """The heartbeat, unless it is of an earlier segment: the line of the restart says what that one lacked."""
    return beat if beat is not None and beat.segment == _last_stretch(events).segment else None


def _known_end(last: _Stretch, beat: Heartbeat | None, resumed_at: int | None) -> int:
    steps = [last.start, *last.looks[-1:]]
    steps += [] if last.ended is None else [last.ended.step]
    steps += [] if beat is None else [beat.step]
    return max([*steps, resumed_at or 0])


def _stride(last: _Stretch, schedule: Schedule | None) -> int:
    """Steps between two questions whether a look is due, as far as the looks tell: they come late by less."""
    if not isinstance(schedule, EveryNSteps):
        return 1
    between = [step for step in last.looks[:-1] if step > last.start]
    return 1 + max(((step - schedule.start) % schedule.n for step in between), default=0)


def _uncovered(due: Sequence[int], looks: Sequence[int], stride: int) -> list[int]:
    """Steps due without a look at them, or at the first question after them."""
    lacking = []
    for step in due:
        place = bisect_left(looks, step)
        if place == len(looks) or looks[place] >= step + stride:
            lacking.append(step)
    return lacking


def _unseen_end(last: _Stretch) -> list[int]:
    """The last weights of a run that came to its end are looked at, whatever the schedule says."""
    ended = last.ended
    if ended is None or ended.reason is not Ending.FINISHED or ended.step <= last.start:
        return []
    return [] if ended.step in last.looks else [ended.step]


def _passed(step: int, last: _Stretch, stride: int, end: int, beat: Heartbeat | None) -> bool:
    """Whether training went on past the moment at which a look at this step was to be taken."""
    if last.ended is not None and last.ended.reason in (Ending.FINISHED, Ending.HALTED):
        return True
    return step + stride <= end or (beat is not None and beat.unwritten > 0)


def _with_open(
    absent: list[int], cut_short: int | None, beat: Heartbeat, *, ended: bool
) -> tuple[list[int], int | None]:
    """Count a look in that was begun: as missed where the monitor lived on to write the end."""
    if ended:
        return [*absent, beat.step], cut_short if cut_short != beat.step else None
    return [step for step in absent if step != beat.step], beat.step
