"""The ledger on disk: append-only, hash-chained, whole lines only.

A chain shows any change within what is left of it. That lines were cut off its end shows only to those who
remember a later head hash; hence the head is printed when a run ends, and `verify` accepts it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import lines_of, opened
from forewarn.records import Event
from forewarn.store.chain import MOST_LINE, Entry, Examined, examine, examine_lines, line_of
from forewarn.store.digest import GENESIS
from forewarn.store.files import make_folder, refused, sync

_FIRST: Final = b'{"event":{"'
"""How every line begins."""

MOST_BYTES: Final = 2**32
"""A larger ledger is not read."""


@dataclass(frozen=True, slots=True)
class _End:
    """Where a ledger ends. One value, so that no interruption can leave it half changed."""

    head: str
    length: int
    size: int


class Ledger:
    """Appends events to one file. Safe to share between threads; one process writes at a time.

    `torn` is the file that an unfinished last line was moved to on resuming, or None.
    """

    def __init__(self, path: Path, examined: Examined, size: int, torn: Path | None = None) -> None:
        self.path, self.torn = path, torn
        self._end = _End(examined.head, len(examined.entries), size)
        self._unsettled = False
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> Ledger:
        """Begin an empty ledger. Raises StoreError when the file is there already or cannot be made."""
        try:
            make_folder(path.parent)
            if path.exists():
                raise StoreError(f"{path} exists; resume that ledger or choose another folder")
            path.touch(exist_ok=False)
            sync(path.parent)
        except OSError as error:
            raise refused(path, error) from error
        return cls(path, examine(b""), 0)

    @classmethod
    def resume(cls, path: Path) -> Ledger:
        """Go on with a ledger; an unfinished last line (a hard kill) is moved to `<name>.torn`.

        Raises StoreError when there is none, IntegrityError when a whole line of it was altered.
        """
        examined = _examined(path)
        _raise_first(path, examined.problems)
        size = examined.size - len(examined.torn)
        return cls(path, examined, size, _set_aside(path, examined.torn, size))

    @property
    def head(self) -> str:
        """Hash of the last line; 64 zeros while there is none."""
        return self._end.head

    @property
    def length(self) -> int:
        """Number of lines."""
        return self._end.length

    def append(self, event: Event) -> str:
        """Write one event and see it on the disk; returns the new head.

        Raises StoreError when the event cannot be told in JSON, the system refuses the write (disk full), or
        the file is no longer as this ledger left it. Then the file stays as it was. An interruption (Ctrl-C)
        leaves either the whole line or nothing of it.
        """
        with self._lock:
            end = self._end
            text, head = line_of(end.length, end.head, event, datetime.now(UTC))
            line = f"{text}\n".encode()
            try:
                self._write(line, _End(head, end.length + 1, end.size + len(line)))
            except OSError as error:
                raise refused(self.path, error) from error
            return head

    def _write(self, line: bytes, end: _End) -> None:
        # Opened for each line: a ledger that was deleted or replaced meanwhile is noticed, not written to a ghost.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            self._settle(handle)
            self._unsettled = True
            _write_whole(handle, line)
            self._end = end
        finally:
            try:
                self._settle(handle)
            finally:
                os.close(handle)

    def _settle(self, handle: int) -> None:
        """Cut off what an append that failed has left; refuse a file that someone else has changed."""
        size = self._end.size
        if self._unsettled:
            os.ftruncate(handle, size)
            self._unsettled = False
        if (found := os.fstat(handle).st_size) != size:
            raise IntegrityError(
                f"{self.path} has {found} bytes where this ledger left {size}: another process has changed it. "
                "Nothing was written; let one process write, and check the file with `forewarn verify`."
            )


def read(path: Path) -> tuple[Entry, ...]:
    """All entries of a sound ledger. Raises IntegrityError with the first problem of one that is not."""
    examined = _examined(path)
    _raise_first(path, (*examined.problems, *_torn_problem(examined)))
    return examined.entries


def look_over(path: Path) -> Examined:
    """All entries that can be read and all problems, for those who must show a damaged ledger too."""
    return _examined(path)


def verify(path: Path, head: str | None = None) -> tuple[str, ...]:
    """Every problem of a ledger in a plain sentence; empty when it is sound.

    `head`, a head hash remembered elsewhere, must be that of some line: all lines up to that one are then
    proved to be what they were, and none of them missing. Raises StoreError when there is no such file.
    """
    return problems_of(_examined(path), head)


def problems_of(examined: Examined, head: str | None = None) -> tuple[str, ...]:
    """The same of a ledger that was looked over."""
    problems = [*examined.problems, *_torn_problem(examined)]
    if not examined.entries:
        problems.append("the ledger holds no entry: it was emptied, or the run ended before its first")
    if head is not None and head not in {GENESIS, *(entry.hash for entry in examined.entries)}:
        problems.append(
            f"no line has the hash {head}: lines were cut off the end (the last readable entry's hash is "
            f"{examined.head}), or the hash belongs to another run"
        )
    return tuple(problems)


def _torn_problem(examined: Examined) -> tuple[str, ...]:
    if not examined.torn:
        return ()
    size = f"{len(examined.torn)} bytes without a line break"
    if not _begins_a_line(examined.torn):
        return (
            f"what stands behind the last line ({size}) is no beginning of a line: no kill and no loss of power "
            "leaves that, someone has added or altered it",
        )
    return (
        f"the last line is torn ({size}): writing it was cut short, as by a hard kill or a loss of power; "
        "resuming the run sets it aside",
    )


def _begins_a_line(torn: bytes) -> bool:
    """Whether writing a line can have stopped here. A file system may have filled the rest with zeros."""
    written = torn.rstrip(b"\0")
    return written.isascii() and _FIRST.startswith(written[: len(_FIRST)]) and written.decode().isprintable()


def _raise_first(path: Path, problems: tuple[str, ...]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise IntegrityError(f"{path}: {problems[0]}{more}. See `forewarn verify {path.parent}`.")


def _examined(path: Path) -> Examined:
    """Read line by line, so that a large file of something else does not fill the memory."""
    try:
        with opened(path, MOST_BYTES, path.parent) as file:
            return examine_lines(lines_of(file, MOST_LINE))
    except StoreError as error:
        raise StoreError(f"cannot read the ledger: {error}. Check the run's folder.") from error


def _set_aside(path: Path, torn: bytes, size: int) -> Path | None:
    if not torn:
        return None
    aside = path.with_name(f"{path.name}.torn")
    try:
        with aside.open("ab") as file:
            file.write(torn + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.truncate(path, size)
    except OSError as error:
        raise refused(path, error) from error
    return aside


def _write_whole(handle: int, line: bytes) -> None:
    written = os.write(handle, line)
    if written != len(line):
        raise OSError(f"only {written} of {len(line)} bytes could be written; the disk may be full")
    os.fsync(handle)
