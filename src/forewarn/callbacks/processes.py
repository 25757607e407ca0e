"""Several processes that train one model together, without a framework that speaks for them."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar, final

import torch.distributed as dist
from torch.distributed import distributed_c10d as c10d

from forewarn.errors import BlindMonitor

T = TypeVar("T")

FIRST_MEETING: Final = 300.0
"""Seconds for which processes wait for each other when the watch begins, if `patience` is not shorter."""


@final
class Processes:
    """Lets the processes of a group agree, through the group's store and without its collectives.

    Process 0 looks. The others come to the same place of the training loop and hear what was decided. Process 0
    waits `patience` seconds for them, and they wait twice as long for what it says. Waiting does not count towards
    the timeout of the group, since no collective runs meanwhile.
    """

    def __init__(self, store: c10d.Store, rank: int, size: int, patience: float) -> None:
        """Takes up what the other processes say of their `n`-th watch, if this is the `n`-th of this process."""
        self.rank, self.size, self.patience = rank, size, patience
        n = store.add(f"forewarn/watches/{rank}", 1)
        self._store = c10d.PrefixStore(f"forewarn/{n}", store)

    @classmethod
    def now(cls, patience: float) -> Processes | None:
        """The processes of the default group; None where this process trains alone."""
        if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
            return None
        store = c10d._get_default_store()
        return cls(store, dist.get_rank(), dist.get_world_size(), patience)

    @property
    def first(self) -> bool:
        """Whether this process looks and writes."""
        return self.rank == 0

    def agree(
        self,
        place: str,
        act: Callable[[], T],
        word: str = "",
        *,
        seconds: float | None = None,
        meets: bool = True,
    ) -> T:
        """What `act` gives in process 0, in every process.

        Process 0 acts once all others have come to the place and said the same `word`, or at once where it does
        not wait for them (`meets`). BlindMonitor in every process for one that does not come within `seconds`
        (`patience` by default), says another word, or broke off.
        """
        if not self.first:
            self._store.set(f"{place}/{self.rank}", word)
            value: T = self._heard(place, 2 * (self.patience if seconds is None else seconds))
            return value
        try:
            if meets:
                self._await(place, word, self.patience if seconds is None else seconds)
            value = act()
        except BaseException as error:
            self.tell(place, None, f"{type(error).__name__}: {error}")
            raise
        self.tell(place, value)
        return value

    def tell(self, place: str, value: object, error: str = "") -> None:
        """In process 0: say what came of it, and wait a little until it was heard.

        The store may end with this process, which may be about to stop.
        """
        self._store.set(f"{place}/told", base64.b64encode(pickle.dumps((value, error))).decode())
        until = time.monotonic() + min(self.patience, 5.0 if error else 30.0)
        for rank in range(1, self.size):
            if self._read(f"{place}/{rank}/heard", until - time.monotonic()) is None:
                return
        self._forget(place)

    def _await(self, place: str, word: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        for rank in range(1, self.size):
            said = self._read(f"{place}/{rank}", until - time.monotonic())
            if said is None:
                raise BlindMonitor(
                    f"process {rank} of {self.size} did not come to {place!r} within {seconds:g} s: make the "
                    "Watch in every process, and call step, look and close in every process with the same numbers"
                )
            if said.decode() != word:
                raise BlindMonitor(
                    f"process {rank} of {self.size} came to {place!r} with {said.decode()!r}, and process 0 with "
                    f"{word!r}: give every process the same options and steps"
                )

    def _heard(self, place: str, seconds: float) -> Any:
        """In other processes: what process 0 tells. BlindMonitor where it tells nothing in time."""
        told = self._read(f"{place}/told", seconds)
        if told is None:
            raise BlindMonitor(
                f"process 0 said nothing about {place!r}, for which this one waits up to {seconds:g} s: it ended, "
                "or it does not come to the same steps. Call step, look and close in every process with the same "
                "numbers; where looks take longer, give a greater `patience`"
            )
        self._store.set(f"{place}/{self.rank}/heard", "")
        # Written by process 0 of this very group, as torch's own broadcast of objects is.
        value, error = pickle.loads(base64.b64decode(told))
        if error:
            raise BlindMonitor(f"process 0 broke off at {place!r}: {error}")
        return value

    def _forget(self, place: str) -> None:
        """Remove what was said at a place, once everyone has heard it; not every store can."""
        words = [f"{place}/{rank}{end}" for rank in range(1, self.size) for end in ("", "/heard")]
        with suppress(RuntimeError, NotImplementedError):
            for key in (f"{place}/told", *words):
                self._store.delete_key(key)

    def _read(self, key: str, seconds: float) -> bytes | None:
        """What stands under a key, as soon as it is there; None where it does not come, or the store is gone."""
        try:
            self._store.wait([key], timedelta(seconds=max(seconds, 0.01)))
            return bytes(self._store.get(key))
        except RuntimeError:
            # DistStoreError for a timeout, DistNetworkError where the process that holds the store has ended.
            return None


def word_of(options: Mapping[str, object], audit_set: str, step: int) -> str:
    """What all processes must agree on when they begin; where process 0 writes is its own affair."""
    told = {name: value for name, value in options.items() if name not in ("folder", "name")}
    # The address of an object in memory, as its usual repr tells it, is no difference.
    plain = re.sub(r" at 0x[0-9a-f]+", "", json.dumps([told, audit_set], sort_keys=True))
    return f"options {hashlib.sha256(plain.encode()).hexdigest()[:12]} at step {step}"
