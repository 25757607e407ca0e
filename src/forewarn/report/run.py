"""A run as it lies on disk: found, opened, and refused with a reason where it is none."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from forewarn.audit.heartbeat import SignOfLife, sign_of_life
from forewarn.errors import IntegrityError, StoreError
from forewarn.report.manifest import Manifest, read_manifest
from forewarn.report.soundness import changed, refuse_contradictions
from forewarn.report.summary import RunSummary, summarise
from forewarn.store.chain import Entry
from forewarn.store.ledger import read

MANIFEST = "run.json"
LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Manifest and ledger of one run, read and checked."""

    folder: Path
    manifest: Manifest
    entries: tuple[Entry, ...]
    sign: SignOfLife | None = None
    """What its heartbeat says; None where it was not asked."""
    changed: tuple[str, ...] = ()
    """What of its manifest, audit set and words is not what was written, in a sentence each."""

    def refuse_changed(self) -> None:
        """IntegrityError that says what has changed, for those who would measure something again."""
        if self.changed:
            what = "; ".join(self.changed)
            raise IntegrityError(
                f"{self.folder} is not what was written: {what}. Nothing can be measured again from it. "
                f"See `forewarn verify {self.folder}`."
            )

    @property
    def summary(self) -> RunSummary:
        """Everything that a reader of it is told."""
        return replace(summarise(self.manifest, self.entries, self.sign), changed=self.changed)


def read_run(folder: Path) -> RunRecord:
    """Read a run.

    Raises StoreError where there is no such folder, it is no run or may not be read; IntegrityError where it is
    one, but its manifest or ledger is missing or broken, or calls a look clear that was above the threshold.
    """
    check_is_run(folder)
    try:
        # Before the ledger: a look that ends between the two is no gap.
        sign = sign_of_life(folder)
        manifest, entries = read_manifest(folder / MANIFEST), read(folder / LEDGER)
        events = [entry.event for entry in entries]
        refuse_contradictions(folder, manifest, events)
        return RunRecord(folder, manifest, entries, sign, changed(folder, manifest, events))
    except OSError as error:
        raise StoreError(
            f"cannot read the run {folder}: {error.strerror or error} ({error.filename}). "
            "Make the files readable for this user and try again."
        ) from error


def check_is_run(folder: Path) -> None:
    """Raise an error that says what was found instead, unless the folder holds manifest and ledger."""
    if not folder.exists():
        raise StoreError(
            f"no such folder: {folder}. A run is a folder with {MANIFEST} and {LEDGER}. {_advice(folder)}"
        )
    present = [name for name in (MANIFEST, LEDGER) if (folder / name).is_file()]
    if not present:
        raise StoreError(
            f"{folder} is not a run: wanted a folder with {MANIFEST} and {LEDGER}, found {_found(folder)}. "
            f"{_advice(folder)}"
        )
    if len(present) == 1:
        missing = LEDGER if present == [MANIFEST] else MANIFEST
        raise IntegrityError(
            f"the run {folder} has lost {missing}: found only {present[0]}. "
            "Restore the file from a copy of the run; without it nothing here can be trusted."
        )


def find_runs(folder: Path) -> tuple[Path, ...]:
    """All folders at or below `folder` that hold a ledger, in order of their names.

    Hidden folders below it and the insides of runs are not searched. Raises StoreError where it is no folder.
    """
    if not folder.is_dir():
        what = "a file" if folder.is_file() else "nothing"
        raise StoreError(
            f"no such folder: {folder} (found {what}). Name a folder that runs were written below."
        )
    return tuple(sorted(_ledgers_below(folder)))


def _ledgers_below(folder: Path) -> Iterator[Path]:
    for place, below, files in os.walk(folder):
        if LEDGER in files:
            below.clear()
            yield Path(place)
        else:
            below[:] = sorted(name for name in below if not name.startswith("."))


def _advice(folder: Path) -> str:
    """What to type instead: the run that the path leads into, or a search where the path is still a folder."""
    around = [place for place in (folder, *folder.absolute().parents) if place.is_dir()]
    inside = next(
        (place for place in around if (place / LEDGER).is_file() and (place / MANIFEST).is_file()), None
    )
    if inside is not None:
        return f"The path leads into a run: try `{shlex.join(['forewarn', 'show', str(inside)])}`."
    return f"`{shlex.join(['forewarn', 'list', str(around[0])])}` lists the runs below that folder."


def _found(folder: Path) -> str:
    if folder.is_file():
        return "a file"
    names = sorted(entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    if not names:
        return "an empty folder"
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
