"""Files that are kept for people beside a snapshot, one file for each snapshot.

They are no evidence. Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import AbsentError, parse, read_bytes, text_of
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical, is_digest
from forewarn.store.files import make_folder, refused, write_atomically

MOST_BYTES: Final = 2**24
"""A larger file is not read."""


class OfSnapshot(Protocol):
    """A record that says which snapshot it is about."""

    @property
    def snapshot(self) -> str:
        """The snapshot's digest."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One kind of such files: RUN/<folder>/<digest><ending>."""

    folder: str
    ending: str
    kind: type[OfSnapshot]
    """The record that each holds."""
    what: str
    """What the file is, for messages, such as "trajectories"."""

    def place(self, run: Path, digest: str) -> Path:
        """Where the file of a snapshot lies, if there is one. StoreError unless `digest` is one."""
        if not is_digest(digest):
            raise StoreError(f"{digest!r} is no snapshot's digest: 64 hexadecimal digits are wanted")
        return run / self.folder / f"{digest}{self.ending}"

    def write(self, run: Path, found: OfSnapshot) -> Path:
        """Write a record as a whole or not at all, and return its path. StoreError when the system refuses."""
        path = self.place(run, found.snapshot)
        try:
            make_folder(path.parent)
        except OSError as error:
            raise refused(path, error) from error
        write_atomically(path, canonical(encode(found)) + "\n")
        return path

    def read(self, run: Path, digest: str, kept: Mapping[str, str] | None = None) -> Any | None:
        """The record of a snapshot; None where none was written.

        `kept`: SHA-256 of the run's files by their names, as its ledger tells them.

        Raises:
            IntegrityError: the file is not what `write` writes or the ledger tells, or is about another snapshot.
        """
        path = self.place(run, digest)
        try:
            raw = read_bytes(path, MOST_BYTES, run)
            wanted = (kept or {}).get(f"{self.folder}/{path.name}")
            if wanted is not None and sha256(raw).hexdigest() != wanted:
                raise StoreError("it was altered: its SHA-256 is not the one that the ledger tells")
            found = decode(parse(text_of(raw, str(path)), loose=True), self.kind)
        except AbsentError:
            return None
        except (StoreError, ValueError) as error:
            raise IntegrityError(
                f"{path} cannot be read as {self.what} ({error}). It is kept for people and is no evidence: "
                "delete it to go on without."
            ) from error
        if found.snapshot != digest:
            raise IntegrityError(
                f"{path} tells of the snapshot {found.snapshot}; delete it to go on without."
            )
        return found

    def drop(self, run: Path, digest: str) -> None:
        """Remove the file of a snapshot where there is one. StoreError when the system refuses."""
        path = self.place(run, digest)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise refused(path, error) from error
