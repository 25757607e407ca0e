"""Hashing and writing snapshots while training goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Frozen

_WAITING: Final = 2
"""As many as a Stager reuses slots for: more would only take more memory."""


class SnapshotWriter:
    """Stores frozen weights in one background thread, in the order in which they come.

    At most `waiting` snapshots are in hand; when all places are taken `submit` blocks until one is stored.
    None is ever dropped. What goes wrong with a snapshot is raised by its future, and told again by `close`.
    """

    def __init__(self, store: SnapshotStore, waiting: int = _WAITING) -> None:
        self._store = store
        self._places = threading.BoundedSemaphore(waiting)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forewarn-writer")
        self._failures: list[str] = []

    def submit(
        self,
        frozen: Frozen,
        step: int,
        metrics: Sequence[tuple[str, float]] = (),
        extra: Mapping[str, object] | None = None,
    ) -> Future[Snapshot]:
        """Store `frozen` in the background and release it after, stored or not. Blocks while all places are taken.

        Raises StoreError after `close`, and then releases it too.
        """
        self._places.acquire()
        try:
            return self._thread.submit(self._store_one, frozen, step, tuple(metrics), dict(extra or {}))
        except BaseException as error:
            self._places.release()
            frozen.release()
            if isinstance(error, RuntimeError):
                raise StoreError(
                    f"the writer was closed; the snapshot of step {step} was not stored"
                ) from error
            raise

    def close(self) -> tuple[str, ...]:
        """Wait until all is stored and end the thread; returns what went wrong, in sentences. May be repeated."""
        self._thread.shutdown(wait=True)
        return tuple(self._failures)

    def _store_one(
        self, frozen: Frozen, step: int, metrics: tuple[tuple[str, float], ...], extra: Mapping[str, object]
    ) -> Snapshot:
        try:
            return self._store.put(frozen, step, metrics, extra)
        except BaseException as error:
            self._failures.append(
                f"the snapshot of step {step} was not stored: {type(error).__name__}: {error}"
            )
            raise
        finally:
            frozen.release()
            self._places.release()
