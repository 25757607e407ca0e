"""Where a run stands: a pure function of its manifest and its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from forewarn.audit.gaps import Gaps, gaps, is_cut, schedule_of
from forewarn.audit.heartbeat import SignOfLife
from forewarn.records import (
    Alarm,
    AlarmAcknowledged,
    AlarmRaised,
    Event,
    ResponseGiven,
    RunEnded,
    RunResumed,
    SettingsChanged,
    Status,
)
from forewarn.report.absence import absence
from forewarn.report.looks import LookSummary, State, looks_of
from forewarn.report.manifest import Manifest
from forewarn.report.standing import RunStanding, standing
from forewarn.store.chain import Entry
from forewarn.store.kept import recorded

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything that a reader of one run is told."""

    manifest: Manifest
    standing: RunStanding
    """Clear, flagged or unknown, and why."""
    looks: tuple[LookSummary, ...]
    """Taken and missed ones, in the order of the ledger."""
    expected: int | None
    """Looks that the schedule called for up to the last step; None where the settings do not tell."""
    alarm: Alarm | None
    """The first one; a later segment may have alarmed again."""
    alarms: tuple[AlarmRaised, ...]
    """Those of all segments, in order."""
    acknowledged: tuple[AlarmAcknowledged, ...]
    """What people said of them."""
    settings_changed: tuple[SettingsChanged, ...]
    """Restarts with other settings."""
    gaps: Gaps
    """Looks that were due and are not there."""
    doubts: tuple[str, ...]
    """Sentences on what should be there and is not; no such run is called clear."""
    response: ResponseGiven | None
    """The last decision: about the alarm, or about too many missed looks."""
    last_step: int
    """Greatest training step that the ledger names."""
    ended: RunEnded | None
    """How the run ended; None where the ledger stops without saying so: the run is unfinished."""
    resumed: tuple[RunResumed, ...]
    entries: int
    """Lines of the ledger."""
    head: str
    """Hash of the ledger's last line; it fixes all lines before."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the files beside the ledger of which it tells, by their names."""
    changed: tuple[str, ...] = ()
    """What of the run's manifest, audit set and words is not what was written; `verify` reads the rest."""

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return self.standing.status

    @property
    def finished(self) -> bool:
        """Whether the ledger says how the run ended."""
        return self.ended is not None

    @property
    def taken(self) -> tuple[LookSummary, ...]:
        """Looks that gave a verdict, of whatever kind."""
        return tuple(look for look in self.looks if look.state is not State.MISSED)

    @property
    def missed(self) -> tuple[LookSummary, ...]:
        """Looks that were due and gave nothing."""
        return tuple(look for look in self.looks if look.state is State.MISSED)

    @property
    def absent(self) -> int:
        """Looks that were due and of which the ledger holds no word."""
        return self.gaps.lacking

    @property
    def unknown(self) -> tuple[LookSummary, ...]:
        """Looks that were taken and could not tell; those at which a helper saved are among them."""
        return tuple(look for look in self.looks if look.state is State.UNKNOWN)

    @property
    def saving(self) -> tuple[LookSummary, ...]:
        """Looks at which nothing was asked, since the helper saved."""
        return tuple(look for look in self.looks if look.saving)

    @property
    def outside(self) -> tuple[LookSummary, ...]:
        """Looks that lie outside of what the calibration was made from."""
        return tuple(look for look in self.looks if look.outside)


def summarise(manifest: Manifest, entries: Sequence[Entry], sign: SignOfLife | None = None) -> RunSummary:
    """Sum up a run. An empty ledger is unknown and unfinished.

    `sign` is what the run's heartbeat says; None where that is not asked.
    """
    events = [entry.event for entry in entries]
    looks = looks_of(events, manifest.promise.codes)
    alarms = tuple(event for event in events if isinstance(event, AlarmRaised))
    ended = _end(events)
    last_step = max((event.step for event in events), default=0)
    resumed = tuple(event for event in events if isinstance(event, RunResumed))
    life = sign or SignOfLife()
    lacking = gaps(events, schedule_of(manifest.settings_used, events), life)
    doubts = absence(lacking, ended, sign, last_step, cut=is_cut(entries, life.beat))
    return RunSummary(
        manifest=manifest,
        standing=standing(looks, alarms, resumed, ended, manifest.chance, doubts),
        looks=looks,
        expected=_called_for(manifest, looks, events[0].step if events else 0, last_step),
        alarm=alarms[0].alarm if alarms else None,
        alarms=alarms,
        acknowledged=tuple(event for event in events if isinstance(event, AlarmAcknowledged)),
        settings_changed=tuple(event for event in events if isinstance(event, SettingsChanged)),
        gaps=lacking,
        doubts=doubts,
        response=_last(events, ResponseGiven),
        last_step=last_step,
        ended=ended,
        resumed=resumed,
        entries=len(entries),
        head=entries[-1].hash if entries else "",
        kept=recorded(events),
    )


def _called_for(manifest: Manifest, looks: Sequence[LookSummary], first: int, last: int) -> int | None:
    """Looks due after step `first` up to step `last`, and those at its start and end that fall in between.

    None where the settings used do not name `every_n_steps`.
    """
    every = manifest.settings_used.get("every_n_steps")
    if not isinstance(every, int) or isinstance(every, bool) or every < 1:
        return None
    between = {look.step for look in looks if look.step % every or look.step == first}
    return last // every - first // every + len(between)


def _end(events: Sequence[Event]) -> RunEnded | None:
    """Return the run's end, unless it was taken up again afterwards."""
    turns = [event for event in events if isinstance(event, RunEnded | RunResumed)]
    return turns[-1] if turns and isinstance(turns[-1], RunEnded) else None


def _last(events: Sequence[Event], kind: type[_Kind]) -> _Kind | None:
    return next((event for event in reversed(events) if isinstance(event, kind)), None)
