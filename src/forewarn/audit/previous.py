"""Earlier snapshots of a run, opened beside the present one: the look before, and the last clear look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor

from forewarn.store.snapshots import SnapshotStore
from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

Weights = Callable[[], Mapping[str, Tensor]]


@final
class PreviousSnapshot:
    """Mutable: opens one earlier snapshot beside the present one, when a probe asks for it."""

    def __init__(self, opener: Opener) -> None:
        self._opener, self._twin = opener, None
        self._weights: Weights | None = None
        self._digest = ""

    _twin: Opener | None

    @property
    def digest(self) -> str:
        """Of the snapshot that would be opened; empty before there is one."""
        return self._digest

    def is_now(self, digest: str, weights: Weights | None) -> None:
        """Let this snapshot be the earlier one from now on; `weights` reads it, None if it is gone."""
        self._digest, self._weights = digest, weights

    def open(self) -> Subject | None:
        """The earlier snapshot; None where there is none, or it is gone."""
        if self._weights is None:
            return None
        self._twin = self._twin or self._opener.twin()
        return self._twin.open(self._weights(), self._digest)


@final
class EarlierSnapshots:
    """Mutable: what a run's looks may be compared with: the look before, and the last clear one."""

    def __init__(self, opener: Opener, store: SnapshotStore) -> None:
        self._store = store
        self._before, self._clear = PreviousSnapshot(opener), PreviousSnapshot(opener)

    def remember(self, digest: str) -> None:
        """The look at this snapshot is over; the next one may compare itself with it."""
        self._before.is_now(digest, self._reader(digest))

    def open_before(self) -> Subject | None:
        """The snapshot of the look before; None at a first look, or where it is gone."""
        return self._before.open()

    def clear(self, digest: str | None) -> Callable[[], Subject | None] | None:
        """What opens the last clear snapshot; None where that is the one of the look before."""
        return None if digest == self._before.digest else lambda: self._open_clear(digest)

    def _open_clear(self, digest: str | None) -> Subject | None:
        if digest is None:
            return None
        self._clear.is_now(digest, self._reader(digest))
        return self._clear.open()

    def _reader(self, digest: str) -> Weights | None:
        """What reads the weights of a snapshot; None where they are gone."""
        store = self._store
        return (lambda: store.load(digest)) if store.holds(digest) else None
