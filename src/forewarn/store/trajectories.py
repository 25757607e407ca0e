"""Trajectories on disk: RUN/lenses/<digest>.trajectory.json, beside the lenses. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forewarn.records.trajectory import Trajectories
from forewarn.store.beside import Beside

FOLDER: Final = "lenses"
_KEPT: Final = Beside(FOLDER, ".trajectory.json", Trajectories, "trajectories")


def place(run: Path, digest: str) -> Path:
    """Where the trajectories of a snapshot lie, if there are any. StoreError unless `digest` is one."""
    return _KEPT.place(run, digest)


def write(run: Path, found: Trajectories) -> Path:
    """Write trajectories, whole or not at all; the path. StoreError when the system refuses."""
    return _KEPT.write(run, found)


def read(run: Path, digest: str, kept: Mapping[str, str] | None = None) -> Trajectories | None:
    """The trajectories of a snapshot; None where none were written.

    Raises:
        IntegrityError: the file is not what `write` writes, not what `kept` (the digests in the ledger) says,
            or tells of another snapshot.
    """
    found: Trajectories | None = _KEPT.read(run, digest, kept)
    return found


def drop(run: Path, digest: str) -> None:
    """Remove the trajectories of a snapshot, if there are any. StoreError when the system refuses."""
    _KEPT.drop(run, digest)
