"""Whether a disk has room for a snapshot and for what the training itself is going to write."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from forewarn.errors import StoreError

RESERVE: Final = 3
"""Times the size of the watched weights that must stay free: a checkpoint with the two moments of Adam."""
LEAST: Final = 16 * 2**20
"""Bytes that must stay free in any case, for the ledger and the log."""


def check_room(folder: Path, new: int, size: int) -> None:
    """Raise StoreError where writing `new` bytes below `folder` would leave less than the reserve.

    `size` is that of the watched weights in bytes. The training writes checkpoints of its own to what is often the
    same disk, and a checkpoint that fails ends the run, while a look that is missed does not. Where the system
    cannot tell what is free (or a quota allows less than it tells), the write itself is tried.
    """
    free, reserve = _free(folder), max(RESERVE * size, LEAST)
    if free is not None and free - new < reserve:
        raise StoreError(
            f"cannot write {folder}: {_told(free)} are free on the disk, the snapshot takes {_told(new)}, and "
            f"{_told(reserve)} are left to the checkpoints of the training itself. Make room on the disk, choose "
            "another folder, or keep fewer snapshots (keep_newest, keep_flagged), then go on."
        )


def _free(folder: Path) -> int | None:
    """Bytes that may be written below a folder, which need not exist yet."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def _told(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
