"""What the process that writes knows of a run's snapshots, so that no look reads them all again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final, final

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.catalogue import Catalogue
from forewarn.store.meta import Meta


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a tensor lie."""

    snapshot: str
    """Digest of the snapshot whose weights.safetensors holds them."""
    key: str
    """The tensor's name in that file."""


_NOTHING: Final[Mapping[str, int]] = {}


@final
class Index:
    """Mutable: the snapshots that stand, where each tensor lies, and how many snapshots need it.

    `Index.read` reads all metadata once. Adding and removing a snapshot then takes time by the snapshot's own
    tensors, however many others there are.
    """

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}
        """By digest, all whose metadata can be read."""
        self.whole = True
        """Whether all metadata could be read. Otherwise nobody knows which tensors are needed."""
        self._places: dict[str, Place] = {}
        self._needed: dict[str, Counter[str]] = {}

    @classmethod
    def read(cls, catalogue: Catalogue) -> Index:
        """What stands on disk. A snapshot that is not sound is left out: `verify` tells of it."""
        index = cls()
        for digest in catalogue.digests():
            try:
                index.add(catalogue.meta(digest))
            except StoreError:
                index.whole = False
        return index

    def add(self, meta: Meta) -> None:
        """Count a snapshot in."""
        self.snapshots[meta.snapshot.digest] = meta.snapshot
        for held in meta.tensors.values():
            self._needed.setdefault(held.snapshot, Counter())[held.key] += 1
            self._places.setdefault(held.sha256, Place(held.snapshot, held.key))

    def remove(self, meta: Meta) -> None:
        """Count a snapshot out. A tensor that no other one needs has no place any more."""
        del self.snapshots[meta.snapshot.digest]
        for held in meta.tensors.values():
            needed = self._needed[held.snapshot]
            needed[held.key] -= 1
            if needed[held.key]:
                continue
            del needed[held.key]
            if self._places.get(held.sha256) == Place(held.snapshot, held.key):
                del self._places[held.sha256]

    def place(self, tensor: str) -> Place | None:
        """Where a tensor lies, by its digest; None where no snapshot that stands has it."""
        return self._places.get(tensor)

    def needed(self, snapshot: str) -> Set[str]:
        """Names of the tensors that snapshots take from the file of `snapshot`."""
        return self._needed.get(snapshot, _NOTHING).keys()
