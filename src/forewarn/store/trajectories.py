"""Trajectories on disk: RUN/lenses/<digest>.trajectory.json, beside the lenses. Nothing here needs torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, cast

from forewarn.errors import IntegrityError, StoreError
from forewarn.records.trajectory import Trajectories
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical, is_digest
from forewarn.store.files import refused, write_atomically

FOLDER: Final = "lenses"
MOST_BYTES: Final = 2**24
"""A larger file is not read."""


def place(run: Path, digest: str) -> Path:
    """Where the trajectories of a snapshot lie, if there are any. StoreError unless `digest` is one."""
    if not is_digest(digest):
        raise StoreError(f"{digest!r} is no snapshot's digest: 64 hexadecimal digits are wanted")
    return run / FOLDER / f"{digest}.trajectory.json"


def write(run: Path, found: Trajectories) -> Path:
    """Write trajectories, whole or not at all; the path. StoreError when the system refuses."""
    path = place(run, found.snapshot)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise refused(path, error) from error
    write_atomically(path, canonical(encode(found)) + "\n")
    return path


def read(run: Path, digest: str) -> Trajectories | None:
    """The trajectories of a snapshot; None where none were written.

    Raises:
        IntegrityError: the file is not what `write` writes, or tells of another snapshot.
    """
    path = place(run, digest)
    if not path.is_file() or path.is_symlink():
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StoreError(f"it has {path.stat().st_size} bytes, more than {MOST_BYTES}")
        found = cast(Trajectories, decode(json.loads(path.read_bytes()), Trajectories))
    except (OSError, ValueError, RecursionError, StoreError) as error:
        raise IntegrityError(
            f"{path} cannot be read as trajectories ({error}). It is a picture of lens readings and no evidence: "
            "delete it to go on without."
        ) from error
    if found.snapshot != digest:
        raise IntegrityError(f"{path} tells of the snapshot {found.snapshot}; delete it to go on without.")
    return found
