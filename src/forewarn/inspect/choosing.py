"""Which look of a run is opened, by its ledger and the names of its snapshots alone. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.records import LookTaken, Snapshot, Status
from forewarn.store.catalogue import Catalogue


def choose_look(run: Path, looks: Sequence[LookTaken], step: int | None) -> LookTaken:
    """The last look at `step`; without one, the first that was flagged and is stored, else the last one stored.

    StoreError where there is no such look, or its snapshot is not there any more; the message says which are.
    """
    catalogue = Catalogue(run)
    there = catalogue.list()
    chosen = _default(looks, {snapshot.digest for snapshot in there}) if step is None else _at(looks, step)
    if chosen is None or not catalogue.stands(chosen.snapshot):
        raise StoreError(_not_stored(run, step, looks, there))
    return chosen


def look_before(looks: Sequence[LookTaken], look: LookTaken) -> LookTaken | None:
    """The look before one; None where it was the first. Some probes compare the two snapshots."""
    place = looks.index(look)
    return looks[place - 1] if place else None


def _at(looks: Sequence[LookTaken], step: int) -> LookTaken | None:
    return next((look for look in reversed(looks) if look.step == step), None)


def _default(looks: Sequence[LookTaken], there: set[str]) -> LookTaken | None:
    stored = [look for look in looks if look.snapshot in there]
    flagged = [look for look in stored if look.status is Status.FLAGGED]
    return next(iter([*flagged[:1], *stored[-1:]]), None)


def _not_stored(run: Path, step: int | None, looks: Sequence[LookTaken], there: Sequence[Snapshot]) -> str:
    kept = {snapshot.digest for snapshot in there}
    steps = sorted({look.step for look in looks if look.snapshot in kept})
    found = (
        f"snapshots are stored of steps {', '.join(map(str, steps))}" if steps else "no snapshot is stored"
    )
    if step is None:
        return f"no look of {run} can be opened: {found}."
    if any(look.step == step for look in looks):
        return f"retention removed the snapshot of step {step} of {run}; {found}."
    return f"{run} holds no look at step {step}; {found}."
