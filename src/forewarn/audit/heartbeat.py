"""A run's sign of life: what its monitor has done so far, and whether a process still holds the run.

The file is as long from its first byte on, and it is written in place through a handle that stays open. So it can
still be written where nothing else can: on a full disk, in a folder that became read-only, without file handles.
No verdict rests on it being there; where it and the ledger disagree, the run is unknown.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from forewarn.store.digest import GENESIS, canonical, text_digest

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

HEARTBEAT: Final = "heartbeat.json"
SIZE: Final = 1024
"""Bytes of the file, whatever it says."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a monitor had done when it last gave a sign of life; counts are of the present segment."""

    segment: int = 1
    """Number of the segment."""
    start: int = 0
    """Training step at which it began."""
    step: int = 0
    """Greatest training step that the monitor was told."""
    stride: int = 1
    """Most training steps between two moments at which the monitor was told of one."""
    due: int = 0
    """Looks that were begun, or missed before they could begin."""
    answered: int = 0
    """Looks of which the ledger has a word."""
    unwritten: int = 0
    """Looks that were missed, and of which not even that could be written."""
    alarmed: bool = False
    """Whether an alarm was raised in this folder that nobody has acknowledged, written down or not."""
    ended: bool = False
    """Whether the monitor was told that the run is over."""
    lines: int = 0
    """Lines that the ledger had."""
    head: str = GENESIS
    """Hash of the last of them."""
    pid: int = 0
    """Process that wrote this."""
    host: str = ""
    """Machine that it ran on."""
    job: str = ""
    """Job of a cluster that it belonged to; empty outside of one."""

    @property
    def unfinished(self) -> int:
        """Looks begun of which nothing is known: 1 while a look goes on, or where one was cut short."""
        return max(self.due - self.answered - self.unwritten, 0)

    def by_this_process(self) -> Heartbeat:
        """The same, with the names of the process that writes it."""
        return replace(self, pid=os.getpid(), host=ascii(socket.gethostname())[1:-1][:64])


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """What a reader finds of a run's heartbeat."""

    beat: Heartbeat | None = None
    """What it says; None where there is none that can be read."""
    alive: bool | None = None
    """Whether a process holds the run; None where that cannot be told."""


def encode(beat: Heartbeat) -> bytes:
    """The file's bytes: JSON with a seal, filled up with spaces to the same length always."""
    plain = asdict(beat)
    sealed = {**plain, "seal": text_digest(canonical(plain))[:16]}
    return json.dumps(sealed).encode().ljust(SIZE - 1) + b"\n"


def is_altered(run: Path) -> bool:
    """Whether a heartbeat is there and is not as a monitor wrote it; an empty one was never begun."""
    found = sign_of_life(run)
    return found.beat is None and found.alive is not None and (run / HEARTBEAT).stat().st_size > 0


def sign_of_life(run: Path) -> SignOfLife:
    """What the heartbeat of a run says. Never raises: what cannot be read tells nothing."""
    try:
        handle = os.open(run / HEARTBEAT, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return SignOfLife()
    try:
        return SignOfLife(_decode(os.read(handle, SIZE + 1)), _held(handle))
    except OSError:
        return SignOfLife()
    finally:
        os.close(handle)


def _decode(raw: bytes) -> Heartbeat | None:
    try:
        found = json.loads(raw)
        beat = Heartbeat(**{key: found[key] for key in found if key != "seal"})
    except (ValueError, TypeError, RecursionError):
        return None
    # Written again it must come out the same: so no byte of it was altered.
    return beat if all(map(_fits, fields(beat), _values(beat))) and encode(beat) == raw else None


def _values(beat: Heartbeat) -> tuple[Any, ...]:
    return tuple(getattr(beat, field.name) for field in fields(beat))


def _fits(field: Any, value: object) -> bool:
    """Whether a value has the type of the field's default, and no count is below 0."""
    return type(value) is type(field.default) and not (isinstance(value, int) and not 0 <= value < 2**53)


def _held(handle: int) -> bool | None:
    """Whether another open file holds the lock; None where the system has no such locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False
