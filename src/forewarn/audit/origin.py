"""Where a run's folder goes on from: a run that is forked keeps what its earlier folder told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from forewarn.audit.folder import LEDGER, MANIFEST, MOST_BYTES
from forewarn.errors import StoreError
from forewarn.reading import read_json
from forewarn.records import Event, RunResumed
from forewarn.store.ledger import read

GOES_ON_FROM: Final = "goes_on_from"
"""Key in run.json of the folder that a run was in before."""
MOST_FOLDERS: Final = 64
"""So many folders are followed back; a circle of them ends here too."""


def whole_story(run: Path) -> tuple[Event, ...]:
    """The events of a run, after those of the folders that it went on from, as far as these can be read.

    Of an earlier folder only what came up to the step at which the run left it: another run may go on there.
    Raises what reading the run's own ledger raises.
    """
    events = _events(run)
    for earlier in _folders_before(run):
        left = next((event.step for event in events if isinstance(event, RunResumed)), None)
        try:
            before = _events(earlier)
        except StoreError:
            break
        events = (*(event for event in before if left is None or event.step <= left), *events)
    return events


def _events(run: Path) -> tuple[Event, ...]:
    return tuple(entry.event for entry in read(run / LEDGER))


def _folders_before(run: Path) -> Iterator[Path]:
    for _ in range(MOST_FOLDERS):
        came_from = origin_of(manifest_of(run))
        if came_from is None:
            return
        run = Path(came_from)
        yield run


def manifest_of(run: Path) -> Mapping[str, Any] | None:
    """The manifest of a run as plain values; None where it cannot be read."""
    try:
        found = read_json(run / MANIFEST, MOST_BYTES, loose=True)
    except StoreError:
        return None
    return found if isinstance(found, dict) else None


def origin_of(manifest: Mapping[str, Any] | None) -> str | None:
    """The folder that a run went on from, by its manifest; None where it began there."""
    found = None if manifest is None else manifest.get(GOES_ON_FROM)
    return found if isinstance(found, str) else None
