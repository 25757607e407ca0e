"""What snapshots a run holds, for those who only read. Nothing here needs torch or changes the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.digest import is_digest
from forewarn.store.files import TEMPORARY
from forewarn.store.meta import Meta, read
from forewarn.store.shard import Shard, open_shard

SNAPSHOTS: Final = "snapshots"
META: Final = "meta.json"
WEIGHTS: Final = "weights.safetensors"


def unfinished(name: str) -> bool:
    """Whether a name is that of a file that was never finished: nothing reads it, the next writer removes it."""
    return name.startswith(".") and name.endswith(TEMPORARY)


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
        tensors = (problem for digest in self.digests() for problem in self.problems(digest))
        return (*self.foreign(), *tensors, *self._odd())

    def foreign(self) -> Iterator[str]:
        """What lies among the snapshots and was not written there: links, other names, other files."""
        if self.shelf.is_symlink():
            yield f"{SNAPSHOTS} is a link: the snapshots do not lie in the run"
        for place in sorted(self.shelf.iterdir()) if self.shelf.is_dir() else ():
            if place.is_symlink():
                yield f"{SNAPSHOTS}/{place.name} is a link: its snapshot does not lie in the run"
            elif not (place.is_dir() and is_digest(place.name)):
                if not unfinished(place.name):
                    yield f"{SNAPSHOTS}/{place.name} does not belong to the run"
            else:
                others = (inside.name for inside in sorted(place.iterdir()))
                strange = (name for name in others if name not in (META, WEIGHTS) and not unfinished(name))
                yield from (f"{SNAPSHOTS}/{place.name}/{name} does not belong to the run" for name in strange)

    def _odd(self) -> Iterator[str]:
        for name in self.folders():
            try:
                odd = open_shard(self.weights(name)).odd() if self.weights(name).exists() else ""
            except StoreError as error:
                odd = str(error)
            if odd:
                yield f"the weights of snapshot {name[:12]} are not as they were written: {odd}"

    def problems(self, digest: str) -> Iterator[str]:
        """What is wrong with one snapshot."""
        try:
            meta = self.meta(digest)
        except StoreError as error:
            yield f"snapshot {digest[:12]}: {error}"
            return
        shards: dict[str, Shard] = {}
        for name, held in sorted(meta.tensors.items()):
            try:
                if held.snapshot not in shards:
                    shards[held.snapshot] = open_shard(self.weights(held.snapshot))
                shards[held.snapshot].read(held)
            except StoreError as error:
                yield f"snapshot {digest[:12]} (step {meta.snapshot.step}), tensor {name!r}: {error}"
