"""Removing snapshots that need not be kept, with all that was kept beside them."""

from __future__ import annotations

from collections.abc import Callable

from forewarn.audit.folder import RunFolder
from forewarn.audit.pictures import drop_pictures
from forewarn.audit.tally import Tally
from forewarn.records import Event, SnapshotDropped, Status
from forewarn.store.retention import to_drop


def drop_old(folder: RunFolder, tally: Tally, newest: int, write: Callable[[Event], None]) -> None:
    """Remove what retention lets go. Raises what the store and `write` raise."""
    stored = folder.snapshots.list()
    looked = list(tally.latest.items())
    flagged = [i for i, (_, status) in enumerate(looked) if status is Status.FLAGGED]
    # A flagged one was measured beside the one before it; a replay needs both.
    kept = {looked[j][0] for i in flagged for j in (i, max(i - 1, 0))}
    clear = [digest for digest, status in looked if status is Status.CLEAR]
    for digest in to_drop(stored, flagged=kept, clear=clear, newest=newest):
        folder.snapshots.drop(digest)
        drop_pictures(folder.path, digest)
        folder.lenses.forget(digest)
        step = next(s.step for s in stored if s.digest == digest)
        write(SnapshotDropped(step, digest))
