"""What a resumed run finds of the folder that its checkpoint remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forewarn.audit.acknowledging import standing_among
from forewarn.audit.folder import LEDGER, MANIFEST, MOST_BYTES
from forewarn.audit.gaps import gaps, is_cut, schedule_of
from forewarn.audit.heartbeat import SignOfLife, sign_of_life
from forewarn.audit.tally import Tally
from forewarn.callbacks.settings import in_force, settings_of
from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import read_json
from forewarn.records import AlarmAcknowledged, Event, FoundLedger, RunResumed, RunStarted
from forewarn.store.ledger import look_over

_LOST = (
    "the earlier ledger was found without the line that the checkpoint remembers: lines were lost, or it is "
    "another run's"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier stretch of a run, as far as checkpoint, ledger and heartbeat tell."""

    path: Path
    found: FoundLedger
    words: str
    """In what state its ledger was found, for people."""
    segment: int
    """Number of the last segment."""
    flagged: bool
    """Whether an alarm was raised."""
    missed: int
    """Looks missed, and looks that were due and are not there."""
    settings: Mapping[str, Any]
    """What it was watched with last; empty where nothing tells."""
    lost: bool = False
    """Whether an earlier restart found that lines were gone."""
    acknowledged: AlarmAcknowledged | None = None
    """The last word on its alarms, where none of them stands."""

    @property
    def usable(self) -> bool:
        """Whether the run may go on in the same ledger."""
        return self.found not in (FoundLedger.MISSING, FoundLedger.DAMAGED)

    def left_behind(self, why: str) -> Earlier:
        """The same for a run that goes on elsewhere; what was lost of it stays lost."""
        found = self.found
        if found.whole:
            found = FoundLedger.CUT if self.lost else FoundLedger.LEFT_BEHIND
        return replace(self, found=found, words=f"{self.words}; {why}")


def find_earlier(state: Mapping[str, Any], step: int, *, strict: bool) -> Earlier:
    """What is there of a run that goes on from a training step.

    IntegrityError for a damaged ledger where `strict`.
    """
    path = Path(str(state["folder"]))
    remembered = Earlier(
        path,
        FoundLedger.MISSING,
        "the earlier ledger was not found",
        int(state["segment"]),
        bool(state["flagged"]),
        int(state["missed_looks"]),
        state.get("settings") or {},
    )
    if not (path / LEDGER).exists():
        return remembered
    try:
        return _read(remembered, str(state["head"]), step)
    except StoreError as error:
        if strict:
            raise
        return replace(remembered, found=FoundLedger.DAMAGED, words=f"the earlier ledger is damaged: {error}")


def _read(remembered: Earlier, head: str, step: int) -> Earlier:
    path = remembered.path
    # Before the ledger: what is written between the two is no gap.
    sign = sign_of_life(path)
    examined = look_over(path / LEDGER)
    if examined.problems:
        raise IntegrityError(f"{path / LEDGER}: {examined.problems[0]}. See `forewarn verify {path}`.")
    events, manifest = [entry.event for entry in examined.entries], _manifest(path)
    hashes = {entry.hash for entry in examined.entries}
    found, words = _state(head, examined.head, hashes, cut=is_cut(examined.entries, sign.beat))
    return _summed(
        replace(remembered, found=found, words=words, settings=in_force(settings_of(manifest), events)),
        events,
        sign,
        _lacking(manifest, events, sign, step),
    )


def _summed(earlier: Earlier, events: Sequence[Event], sign: SignOfLife, lacking: int) -> Earlier:
    tally = Tally()
    for event in events:
        tally.note(event)
    begun = [event.segment for event in events if isinstance(event, RunStarted | RunResumed)]
    said = [event for event in events if isinstance(event, AlarmAcknowledged)]
    acknowledged = said[-1] if said and not standing_among(events) else None
    return replace(
        earlier,
        segment=max([earlier.segment, *begun]),
        flagged=earlier.flagged or tally.flagged or (sign.beat is not None and sign.beat.alarmed),
        missed=max(earlier.missed, tally.missed + lacking),
        lost=tally.lost,
        acknowledged=acknowledged,
    )


def _lacking(manifest: Mapping[str, Any], events: Sequence[Event], sign: SignOfLife, step: int) -> int:
    schedule = schedule_of(manifest.get("settings_used") or {}, events)
    return gaps(events, schedule, sign, resumed_at=step).lost_for_good(step)


def _state(head: str, last: str, hashes: set[str], *, cut: bool) -> tuple[FoundLedger, str]:
    if cut or head not in hashes:
        return FoundLedger.CUT, _LOST
    if last == head:
        return FoundLedger.AS_LEFT, "the earlier ledger was found as the checkpoint left it"
    return FoundLedger.LONGER, "the earlier ledger was found with lines added since the checkpoint"


def _manifest(path: Path) -> Mapping[str, Any]:
    try:
        found = read_json(path / MANIFEST, MOST_BYTES, loose=True)
    except StoreError as error:
        raise IntegrityError(f"{path / MANIFEST} cannot be read: {error}") from error
    if not isinstance(found, Mapping):
        raise IntegrityError(f"{path / MANIFEST} should hold one JSON object; found {type(found).__name__}")
    return found
