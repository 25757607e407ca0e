"""Snapshots on disk: content-addressed, written as a whole or not at all."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Shaped
from torch import Tensor

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.catalogue import META, WEIGHTS, Catalogue
from forewarn.store.digest import snapshot_digest
from forewarn.store.files import make_folder, refused, sync, write_atomically
from forewarn.store.index import Index, Place
from forewarn.store.meta import Meta, StoredTensor, readable_text
from forewarn.store.room import check_room
from forewarn.store.shard import Shard, open_shard
from forewarn.store.staging import Frozen
from forewarn.store.tensors import dtype_name, tensor_digest
from forewarn.store.tidy import keys_of, shrink, tidy, write_tensors


class SnapshotStore:
    """Reads and writes the snapshots of one run: RUN/snapshots/<digest>; `root` is RUN or RUN/snapshots.

    A store may be shared between threads. One process writes at a time; others may read. A tensor that any stored
    snapshot holds already is not written again: meta.json says whose file holds it. The first write reads the
    metadata of all snapshots and cleans up what a kill has left; later writes take time by their own size alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._catalogue = Catalogue(root)
        self._known: tuple[Index, object] | None = None
        self._lock = threading.Lock()

    def put(
        self,
        frozen: Frozen,
        step: int,
        metrics: Sequence[tuple[str, float]] = (),
        extra: Mapping[str, object] | None = None,
    ) -> Snapshot:
        """Store frozen weights; `extra` is any JSON to keep beside them.

        Returns the record with the step and metrics given. If the same weights stand already, nothing is
        written, and what is on disk keeps the step and metrics of the first time. Does not release `frozen`.

        Raises StoreError when the disk is too full (see `forewarn.store.room`), when the system refuses, or when
        a metric is no number; then nothing of this snapshot stays behind.
        """
        digests = {name: tensor_digest(tensor) for name, tensor in frozen.tensors.items()}
        digest = snapshot_digest(digests, frozen.aliases)
        snapshot = Snapshot(digest, step, frozen.size, tuple(metrics))
        with self._lock, self._index() as index:
            if not self._catalogue.stands(digest):
                held = self._placed(index, frozen.tensors, digests, digest)
                meta = Meta(snapshot, held, frozen.aliases, dict(extra or {}))
                self._write(index, frozen, meta)
        return snapshot

    def load(self, digest: str) -> dict[str, Shaped[Tensor, "..."]]:
        """All tensors of a snapshot by name, on the CPU, tied names bound to one and the same tensor.

        Every tensor is checked against its digest, and sizes before memory is taken. Raises StoreError when
        there is no such snapshot, IntegrityError when its files are not what was written.
        """
        meta = self.meta(digest)
        shards: dict[str, Shard] = {}
        tensors: dict[str, Tensor] = {}
        for name, held in meta.tensors.items():
            if held.snapshot not in shards:
                shards[held.snapshot] = open_shard(self._catalogue.weights(held.snapshot))
            tensors[name] = _tensor(held, shards[held.snapshot].read(held))
        return tensors | {name: tensors[target] for name, target in meta.aliases.items()}

    def meta(self, digest: str) -> Meta:
        """A snapshot's metadata. Raises StoreError when there is none, IntegrityError when it was altered."""
        return self._catalogue.meta(digest)

    def holds(self, digest: str) -> bool:
        """Whether a snapshot is there to be loaded."""
        return self._catalogue.stands(digest)

    def list(self) -> tuple[Snapshot, ...]:
        """All snapshots by step. Raises IntegrityError when one's metadata cannot be trusted."""
        return self._catalogue.list()

    def kept(self) -> tuple[Snapshot, ...]:
        """All snapshots by step, as the process that writes knows them; those that are not sound are left out.

        Unlike `list` it reads nothing again.
        """
        with self._lock, self._index() as index:
            return tuple(sorted(index.snapshots.values(), key=lambda each: (each.step, each.digest)))

    def verify(self) -> tuple[str, ...]:
        """Every problem in a plain sentence; empty when all bytes are what was written."""
        return self._catalogue.verify()

    def drop(self, digest: str) -> None:
        """Remove a snapshot; tensors of it that others need stay until nothing needs them.

        Raises StoreError when there is no such snapshot or the system refuses.
        """
        place = self._catalogue.folder(digest) / META
        with self._lock, self._index() as index:
            try:
                meta = self.meta(digest)
            except StoreError:
                meta = None
            self._unlink(place)
            self._forget(index, digest, meta)

    def _unlink(self, meta: Path) -> None:
        try:
            meta.unlink()
            # Ahead of the weights: a snapshot that stands has all its bytes, whenever the power fails.
            sync(meta.parent)
        except FileNotFoundError as error:
            raise StoreError(
                f"there is no snapshot {meta.parent.name} in {self.root}; see `forewarn show {self.root}`"
            ) from error
        except OSError as error:
            raise refused(meta, error) from error

    def _forget(self, index: Index, digest: str, meta: Meta | None) -> None:
        """Delete the tensors that nothing needs once a snapshot is gone."""
        if meta is None or digest not in index.snapshots:
            self._known = None
            return
        index.remove(meta)
        for holder in {digest, *(held.snapshot for held in meta.tensors.values())}:
            shrink(self._catalogue, index, holder)

    @contextlib.contextmanager
    def _index(self) -> Iterator[Index]:
        """What stands on disk: read at the first write, and again where another one has changed it since."""
        if self._known is None or self._known[1] != self._state():
            index = Index.read(self._catalogue)
            tidy(self._catalogue, index)
            self._known = index, None
        index = self._known[0]
        try:
            yield index
        except BaseException:
            self._known = None
            raise
        if self._known is not None:
            self._known = index, self._state()

    def _state(self) -> object:
        """What changes when snapshots' folders come or go."""
        try:
            found = self._catalogue.shelf.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_nlink

    def _placed(
        self, index: Index, tensors: Mapping[str, Tensor], digests: Mapping[str, str], snapshot: str
    ) -> dict[str, StoredTensor]:
        """Where each tensor lies or is going to lie: in the first file that holds it."""
        places: dict[str, Place] = {}
        there: dict[str, bool] = {}
        held = {}
        for name, tensor in tensors.items():
            digest, old = digests[name], index.place(digests[name])
            if old is not None and old.snapshot not in there:
                there[old.snapshot] = self._catalogue.weights(old.snapshot).is_file()
            if old is not None and there[old.snapshot]:
                places[digest] = old
            place = places.setdefault(digest, Place(snapshot, name))
            dtype, shape = dtype_name(tensor.dtype), tuple(tensor.shape)
            held[name] = StoredTensor(digest, dtype, shape, tensor.nbytes, place.snapshot, place.key)
        return held

    def _write(self, index: Index, frozen: Frozen, meta: Meta) -> None:
        folder, text = self._catalogue.folder(meta.snapshot.digest), readable_text(meta)
        weights = folder / WEIGHTS
        own = {held.key for held in meta.tensors.values() if held.snapshot == folder.name}
        check_room(self._catalogue.run, sum(frozen.tensors[key].nbytes for key in own), frozen.size)
        try:
            make_folder(folder)
            if missing := own - keys_of(weights):
                write_tensors(weights, {key: frozen.tensors[key] for key in missing})
            write_atomically(folder / META, text)
            index.add(meta)
        except OSError as error:
            raise refused(folder, error) from error
        finally:
            if not (folder / META).is_file():
                shrink(self._catalogue, index, folder.name)


def _tensor(held: StoredTensor, raw: bytearray) -> Tensor:
    dtype: torch.dtype = getattr(torch, held.dtype)
    flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype, device="cpu")
    return flat.reshape(held.shape)
