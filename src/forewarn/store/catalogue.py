"""What snapshots a run holds, for those who only read. Nothing here needs torch or changes the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.digest import is_digest
from forewarn.store.meta import Meta, read
from forewarn.store.shard import open_shard

SNAPSHOTS: Final = "snapshots"
META: Final = "meta.json"
WEIGHTS: Final = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The snapshots of one run, each in RUN/snapshots/<digest>.

    A folder named by a digest is a snapshot once it holds meta.json, which is written last. Without it, it
    holds tensors that other snapshots need, or what a crash has left.
    """

    root: Path
    """The run's folder, or the folder `snapshots` in it; neither need exist yet."""

    @property
    def run(self) -> Path:
        """The run's folder."""
        return self.root.parent if self.root.name == SNAPSHOTS else self.root

    @property
    def shelf(self) -> Path:
        """The folder that holds the snapshots' folders."""
        return self.root if self.root.name == SNAPSHOTS else self.root / SNAPSHOTS

    def folder(self, digest: str) -> Path:
        """Where a snapshot lies. Raises StoreError unless `digest` is one, so that no path can be smuggled in."""
        if not is_digest(digest):
            raise StoreError(f"{digest!r} is no snapshot's digest: 64 hexadecimal digits are wanted")
        folder = self.shelf / digest
        if folder.is_symlink():
            raise StoreError(f"{folder} is a link; only real folders are read. Point to its target instead.")
        return folder

    def weights(self, digest: str) -> Path:
        """Where the file with the tensors that a snapshot brought lies; it need not have brought any."""
        return self.folder(digest) / WEIGHTS

    def stands(self, digest: str) -> bool:
        """Whether that snapshot is there as a whole."""
        return (self.folder(digest) / META).is_file()

    def digests(self) -> tuple[str, ...]:
        """Digests of all snapshots that stand, in sorted order."""
        return tuple(name for name in self.folders() if self.stands(name))

    def folders(self) -> tuple[str, ...]:
        """Names of all folders that are named by a digest, snapshots or not."""
        if not self.shelf.is_dir():
            return ()
        names = (path.name for path in self.shelf.iterdir() if path.is_dir() and not path.is_symlink())
        return tuple(sorted(name for name in names if is_digest(name)))

    def meta(self, digest: str) -> Meta:
        """A snapshot's metadata. Raises StoreError when there is none, IntegrityError when it was altered."""
        return read(self.folder(digest) / META, digest)

    def list(self) -> tuple[Snapshot, ...]:
        """All snapshots by step. Raises IntegrityError when one's metadata cannot be trusted."""
        found = (self.meta(digest).snapshot for digest in self.digests())
        return tuple(sorted(found, key=lambda snapshot: (snapshot.step, snapshot.digest)))

    def verify(self) -> tuple[str, ...]:
        """Every problem in a plain sentence; empty when all bytes are what was written."""
        return tuple(problem for digest in self.digests() for problem in self._problems(digest))

    def _problems(self, digest: str) -> Iterator[str]:
        try:
            meta = self.meta(digest)
        except StoreError as error:
            yield f"snapshot {digest[:12]}: {error}"
            return
        for name, held in sorted(meta.tensors.items()):
            try:
                open_shard(self.weights(held.snapshot)).read(held)
            except StoreError as error:
                yield f"snapshot {digest[:12]} (step {meta.snapshot.step}), tensor {name!r}: {error}"
