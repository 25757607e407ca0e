"""Explanations on disk: RUN/explanations/<digest>.json, what was asked for people after an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forewarn.records.explanation import Explanation
from forewarn.store.beside import Beside

FOLDER: Final = "explanations"
_KEPT: Final = Beside(FOLDER, ".json", Explanation, "an explanation")


def place(run: Path, digest: str) -> Path:
    """Where the explanation of a snapshot lies, if there is one. StoreError unless `digest` is one."""
    return _KEPT.place(run, digest)


def write(run: Path, found: Explanation) -> Path:
    """Write an explanation, whole or not at all; the path. StoreError when the system refuses."""
    return _KEPT.write(run, found)


def read(run: Path, digest: str, kept: Mapping[str, str] | None = None) -> Explanation | None:
    """The explanation of a snapshot; None where none was written.

    Raises:
        IntegrityError: the file is not what `write` writes, not what `kept` (the digests in the ledger) says,
            or tells of another snapshot.
    """
    found: Explanation | None = _KEPT.read(run, digest, kept)
    return found


def drop(run: Path, digest: str) -> None:
    """Remove the explanation of a snapshot, if there is one. StoreError when the system refuses."""
    _KEPT.drop(run, digest)
