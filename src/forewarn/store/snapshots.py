"""Snapshots on disk: content-addressed, written as a whole or not at all."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Shaped
from torch import Tensor

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.catalogue import META, WEIGHTS, Catalogue
from forewarn.store.digest import snapshot_digest
from forewarn.store.files import refused, sync, write_atomically
from forewarn.store.meta import Meta, StoredTensor, to_text
from forewarn.store.shard import Shard, open_shard
from forewarn.store.staging import Frozen
from forewarn.store.tensors import dtype_name, tensor_digest
from forewarn.store.tidy import keys_of, tidy, write_tensors


class SnapshotStore:
    """Reads and writes the snapshots of one run: RUN/snapshots/<digest>; `root` is RUN or RUN/snapshots.

    Safe to share between threads. One process writes at a time; others may read. A tensor that any stored
    snapshot holds already is not written again: meta.json says whose file holds it. What a crash left behind
    is cleaned before the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._catalogue = Catalogue(root)
        self._tidied = False
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
        Raises StoreError when the system refuses (disk full); then nothing of this snapshot stays behind.
        """
        digests = {name: tensor_digest(tensor) for name, tensor in frozen.tensors.items()}
        digest = snapshot_digest(digests, frozen.aliases)
        snapshot = Snapshot(digest, step, frozen.size, tuple(metrics))
        with self._lock:
            self._tidy_once()
            if not self._catalogue.stands(digest):
                held = self._placed(frozen.tensors, digests, digest)
                self._write(frozen, Meta(snapshot, held, frozen.aliases, dict(extra or {})))
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

    def verify(self) -> tuple[str, ...]:
        """Every problem in a plain sentence; empty when all bytes are what was written."""
        return self._catalogue.verify()

    def drop(self, digest: str) -> None:
        """Remove a snapshot; tensors of it that others need stay until nothing needs them.

        Raises StoreError when there is no such snapshot or the system refuses.
        """
        meta = self._catalogue.folder(digest) / META
        with self._lock:
            try:
                meta.unlink()
                sync(meta.parent)
            except FileNotFoundError as error:
                raise StoreError(
                    f"there is no snapshot {digest} in {self.root}; see `forewarn show {self.root}`"
                ) from error
            except OSError as error:
                raise refused(meta, error) from error
            tidy(self._catalogue)

    def _placed(
        self, tensors: Mapping[str, Tensor], digests: Mapping[str, str], snapshot: str
    ) -> dict[str, StoredTensor]:
        """Where each tensor lies or is going to lie: in the first file that holds it."""
        places = self._places()
        held = {}
        for name, tensor in tensors.items():
            holder, key = places.setdefault(digests[name], (snapshot, name))
            dtype, shape = dtype_name(tensor.dtype), tuple(tensor.shape)
            held[name] = StoredTensor(digests[name], dtype, shape, tensor.nbytes, holder, key)
        return held

    def _places(self) -> dict[str, tuple[str, str]]:
        """For each tensor's digest the snapshot whose file holds it and its name there."""
        places = {}
        for digest in self._catalogue.digests():
            with contextlib.suppress(
                StoreError
            ):  # an unsound snapshot is told of by verify; nothing leans on it
                for held in self.meta(digest).tensors.values():
                    if self._catalogue.weights(held.snapshot).is_file():
                        places[held.sha256] = (held.snapshot, held.key)
        return places

    def _write(self, frozen: Frozen, meta: Meta) -> None:
        folder = self._catalogue.folder(meta.snapshot.digest)
        weights = folder / WEIGHTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            own = {held.key for held in meta.tensors.values() if held.snapshot == folder.name}
            if missing := own - keys_of(weights):
                write_tensors(weights, {key: frozen.tensors[key] for key in missing})
            write_atomically(folder / META, to_text(meta))
            sync(self._catalogue.shelf)
        except OSError as error:
            raise refused(folder, error) from error
        finally:
            if not (folder / META).is_file():
                tidy(self._catalogue)

    def _tidy_once(self) -> None:
        if not self._tidied:
            tidy(self._catalogue)
            self._tidied = True


def _tensor(held: StoredTensor, raw: bytearray) -> Tensor:
    dtype: torch.dtype = getattr(torch, held.dtype)
    flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype, device="cpu")
    return flat.reshape(held.shape)
