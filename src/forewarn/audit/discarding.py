"""Removing snapshots that need not be kept, with all that was kept beside them."""

from __future__ import annotations

from collections.abc import Callable

from forewarn.audit.folder import RunFolder
from forewarn.audit.pictures import drop_pictures
from forewarn.audit.tally import Tally
from forewarn.records import Event, SnapshotDropped, Status
from forewarn.store.retention import KEEP_FLAGGED, flagged_to_keep, to_drop


def drop_old(
    folder: RunFolder,
    tally: Tally,
    newest: int,
    write: Callable[[Event], None],
    most_flagged: int = KEEP_FLAGGED,
) -> None:
    """Remove what retention lets go. Raises what the store and `write` raise.

    The ledger is told first. A process that is killed in between leaves a snapshot of which the ledger says that
    it is gone, which harms nobody; the next call removes it. The other way round would leave a look without its
    snapshot, which is what tampering looks like.
    """
    stored = folder.snapshots.kept()
    clear = [digest for digest, status in tally.latest.items() if status is Status.CLEAR]
    flagged = flagged_to_keep(tally.latest, most_flagged)
    going = {*to_drop(stored, flagged=flagged, clear=clear, newest=newest), *tally.dropped}
    for snapshot in (each for each in stored if each.digest in going):
        if snapshot.digest not in tally.dropped:
            write(SnapshotDropped(snapshot.step, snapshot.digest))
        # The snapshot goes last: while it stands, it shows that its removal has not ended.
        drop_pictures(folder.path, snapshot.digest)
        folder.lenses.forget(snapshot.digest)
        folder.snapshots.drop(snapshot.digest)
