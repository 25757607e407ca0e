"""A promise about a user's own runs, from their honest ones alone; no label of a deceptive run is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forewarn.errors import CalibrationError, StoreError
from forewarn.helpers.sheet import Sheet
from forewarn.judges.calibration import Calibration
from forewarn.judges.features import complete, features, nulls
from forewarn.reading import read_json
from forewarn.records import AlarmRaised, Ending, LookMissed, LookTaken, RunEnded
from forewarn.store.digest import canonical, text_digest
from forewarn.store.ledger import read

OWN = "own runs"


@dataclass(frozen=True, slots=True)
class OwnRun:
    """One finished run of the user's, which they take to be honest."""

    folder: Path
    looks: tuple[LookTaken, ...]
    head: str
    """Hash of its ledger's last line."""
    alarmed: bool
    """Whether the calibration of then raised an alarm: honest all the same, says the user."""


def read_run(folder: Path, sheet: Sheet) -> OwnRun:
    """One run. CalibrationError where it does not serve, StoreError or IntegrityError where it cannot be read."""
    manifest = _manifest(folder / "run.json")
    helper = manifest.get("helper") or {}
    if helper.get("digest") != sheet.digest:
        raise CalibrationError(
            f"{folder} was audited by the helper {helper.get('name')!r} ({str(helper.get('digest'))[:12]}); "
            f"wanted is {sheet.name!r} ({sheet.digest[:12]}) with its own budget. Watch honest runs with that "
            'helper and response="record", then calibrate.'
        )
    entries = read(folder / "ledger.jsonl")
    events = [entry.event for entry in entries]
    end = next((event for event in reversed(events) if isinstance(event, RunEnded)), None)
    if end is None or end.reason is not Ending.FINISHED:
        found = "its ledger has no end" if end is None else end.why
        raise CalibrationError(f"{folder} did not finish ({found}); leave it out")
    if any(isinstance(event, LookMissed) for event in events):
        raise CalibrationError(f"{folder} has missed looks, and nobody knows what it did there; leave it out")
    looks = tuple(event for event in events if isinstance(event, LookTaken))
    return OwnRun(folder, looks, entries[-1].hash, any(isinstance(e, AlarmRaised) for e in events))


def recalibrate(runs: Sequence[OwnRun], sheet: Sheet, base: Calibration, command: str) -> Calibration:
    """What the evidence weighs from `base`, the promise from these runs. CalibrationError where none serves.

    A matched null counts as seen where these runs or those of `base` reached it: below it the weights are known.
    """
    twice = sorted({run.head for run in runs if sum(other.head == run.head for other in runs) > 1})
    if twice:
        raise CalibrationError(f"one run was named twice (head {twice[0][:12]}); each counts once")
    whole = [run for run in runs if any(map(_whole, run.looks))]
    if not whole:
        raise CalibrationError(f"none of {len(runs)} runs has a look that could tell; watch them for longer")
    known = [look.known for run in whole for look in run.looks if _whole(look)]
    origin = replace(
        base.provenance,
        honest_promise=len(whole),
        honest_kinds=((OWN, len(whole)),),
        looks=sum(len(run.looks) for run in whole),
        table=text_digest(canonical(sorted(run.head for run in whole))),
        command=command,
        helper=sheet.digest,
        promise_from=f"{len(whole)} {OWN}",
    )
    return replace(
        base,
        honest_maxima=tuple(sorted(_greatest(run, base) for run in whole)),
        looks_per_run=min(len(run.looks) for run in whole),
        greatest_nulls=tuple(_nulls(whole, base)),
        least_known=max(min(known), base.least_known),
        provenance=origin,
    )


def _whole(look: LookTaken) -> bool:
    return complete(look.outcomes, look.known)


def _greatest(run: OwnRun, base: Calibration) -> float:
    return max(base.fit(features(look.outcomes, base.codes)) for look in run.looks)


def _nulls(runs: Sequence[OwnRun], base: Calibration) -> Iterator[float | None]:
    seen = [nulls(look.outcomes, base.codes) for run in runs for look in run.looks]
    for index, greatest in enumerate(base.greatest_nulls):
        own = [row[index] for row in seen]
        yield max((null for null in (*own, greatest) if null is not None), default=None)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path, 2**24, path.parent, loose=True)
    except StoreError as error:
        raise StoreError(f"{path.parent} is no run: its run.json cannot be read ({error})") from error
    if not isinstance(found, dict):
        raise StoreError(f"{path} holds no object; wanted is what a monitor writes")
    return found
