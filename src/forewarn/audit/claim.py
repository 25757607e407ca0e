"""One process's hold on a run's folder: two starts never write into the same one."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import time
import weakref
from pathlib import Path
from typing import Final, final

from forewarn.audit.heartbeat import HEARTBEAT, Heartbeat, encode, sign_of_life
from forewarn.errors import StoreError
from forewarn.store.files import refused

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("forewarn")
TRIES: Final = 10
"""Times that a lock is tried for, a twentieth of a second apart: a reader holds it for an instant."""
_MOST: Final = 10_000


class TakenError(StoreError):
    """Another process, or another monitor of this one, writes into the run's folder."""


def claim_folder(parent: Path, name: str) -> Path:
    """Make `parent/name`, or with a number behind it where that is taken. Of several starts each gets its own.

    Raises StoreError where the folder cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST):
            path = parent / (name if number == 1 else f"{name}-{number}")
            with contextlib.suppress(FileExistsError):
                # Making a folder either succeeds or finds it there, on network file systems too.
                path.mkdir()
                return path
    except OSError as error:
        raise StoreError(f"cannot write the run folder {parent / name}: {error}") from error
    raise StoreError(f"{parent} holds {_MOST} runs named {name!r}; choose another name or folder")


@final
class Claim:
    """Mutable: holds the lock of a run's folder until it is released or the process ends, and keeps its heartbeat.

    The lock is the system's own (flock), so that a process that dies leaves none behind. Where a file system has
    no locks, a run is held until its heartbeat says that it ended.
    """

    def __init__(self, run: Path, handle: int) -> None:
        self.run, self.beat = run, Heartbeat()
        self._handle: int | None = handle
        self._told = False
        self._finalizer = weakref.finalize(self, os.close, handle)
        _leave_to_the_parent(self)

    @classmethod
    def take(cls, run: Path) -> Claim:
        """Hold the run. Raises TakenError where another does, StoreError where the heartbeat cannot be written."""
        path = run / HEARTBEAT
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise refused(path, error) from error
        if not _locked(run, handle):
            os.close(handle)
            raise TakenError(_taken(run))
        return cls(run, handle)

    def give(self, beat: Heartbeat) -> None:
        """Write a sign of life. A system that refuses it harms nothing: the log says so once."""
        self.beat = beat
        if self._handle is None:
            return
        try:
            _write_in_place(self._handle, encode(beat.by_this_process()))
        except OSError as error:
            if not self._told:
                self._told = True
                log.warning("forewarn could not write the heartbeat of %s: %s", self.run, error)

    def release(self) -> None:
        """Let others have the run; nothing for one that was released."""
        self._handle = None
        self._finalizer()


def _write_in_place(handle: int, content: bytes) -> None:
    if hasattr(os, "pwrite"):
        os.pwrite(handle, content, 0)
    else:  # pragma: no cover
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, content)


def _leave_to_the_parent(claim: Claim) -> None:
    """A forked process, such as a worker of a data loader, must not hold the lock when its parent has died."""
    held = weakref.ref(claim)

    def forget() -> None:
        if (claim := held()) is not None:
            claim.release()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)


def _locked(run: Path, handle: int) -> bool:
    """Whether the lock is ours now. A monitor of this process that nobody holds any more gives it up first."""
    for left in range(TRIES, 0, -1):
        try:
            _lock(handle)
        except BlockingIOError:
            if left == TRIES:
                gc.collect()
            time.sleep(0.05)
        except OSError:
            return _seems_free(run)
        else:
            return fcntl is not None or _seems_free(run)
    return False


def _lock(handle: int) -> None:
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _seems_free(run: Path) -> bool:
    """Without locks only a heartbeat tells: a run that ended, or that never gave a sign of life."""
    beat = sign_of_life(run).beat
    return beat is None or beat.ended


def _taken(run: Path) -> str:
    beat = sign_of_life(run).beat
    who = "another process" if beat is None or not beat.pid else f"process {beat.pid} on {beat.host}"
    return f"{run} is being written by {who}"
