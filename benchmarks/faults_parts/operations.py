"""Every operation by which a process changes a folder, told before it happens.

A process that is killed leaves what the system had been told up to that moment. So the folder as it stands before
an operation is the folder that a kill at that moment leaves, and a copy of it stands for the kill.
"""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_OF_PATHS = ("mkdir", "rmdir", "unlink", "remove", "rename", "replace", "truncate", "link", "symlink")
_OF_HANDLES = ("write", "ftruncate", "fsync")
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that is about to happen."""

    name: str
    path: Path
    """What it is about; the first path of two."""
    data: bytes = b""
    """What is about to be written, where the operation is a write to a handle."""


@contextlib.contextmanager
def watched(root: Path, before: Callable[[Operation], None]) -> Iterator[None]:
    """Call `before` ahead of each operation within `root` that changes it, or puts it on the disk itself.

    An opening for writing is told twice: ahead of it, and once the empty file stands.
    """
    told, changed = _Teller(root, before), []
    for name in (*_OF_PATHS, *_OF_HANDLES, "open"):
        changed.append((os, name, getattr(os, name)))
        setattr(os, name, told.wrapped(name, getattr(os, name)))
    for home in (io, builtins):
        changed.append((home, "open", home.open))
        home.open = told.opening(home.open)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for home, name, real in changed:
            setattr(home, name, real)


class _Teller:
    """Mutable: tells nothing while it is telling, so that a copy made of the folder is not an operation."""

    def __init__(self, root: Path, before: Callable[[Operation], None]) -> None:
        self._root, self._before, self._busy = str(root.resolve()), before, False

    def tell(self, name: str, place: object, data: object = b"") -> None:
        """Tell of an operation, if it lies within the root."""
        if self._busy or not isinstance(place, int | str | os.PathLike):
            return
        path = _path_of(place)
        if not path.startswith(f"{self._root}/"):
            return
        self._busy = True
        try:
            raw = bytes(data) if isinstance(data, bytes | bytearray | memoryview) else b""
            self._before(Operation(name, Path(path), raw))
        finally:
            self._busy = False

    def wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function of `os` that is told of."""
        if name == "open":
            return self._os_open(real)

        def told(*given: Any, **named: Any) -> Any:
            self.tell(name, *given[:2] if name == "write" else given[:1])
            return real(*given, **named)

        return told

    def _os_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def told(path: Any, flags: int, *given: Any, **named: Any) -> Any:
            changes = bool(flags & _CHANGES)
            if changes:
                self.tell("open", path)
            handle = real(path, flags, *given, **named)
            if changes:
                self.tell("opened", path)
            return handle

        return told

    def opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function `open` that is told of where it may change a file."""

        def told(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
            changes = any(letter in mode for letter in "wax+")
            if changes:
                self.tell("open", file)
            opened = real(file, mode, *given, **named)
            if changes:
                self.tell("opened", file)
            return opened

        return told


def _path_of(place: int | str | os.PathLike[str]) -> str:
    if isinstance(place, int):
        return os.readlink(f"/proc/self/fd/{place}")  # noqa: PTH115 - a handle has no path of its own
    return os.path.abspath(os.fspath(place))  # noqa: PTH100 - links must not be followed


@dataclass
class Moments:
    """Mutable: keeps the folder as it stands before each operation on it, and after half of each write."""

    root: Path
    kept: Path
    """Where the copies go, each in a folder by its number."""
    found: list[tuple[str, Path]] = field(default_factory=list)
    """What each moment is, and the copy of the folder at that moment. Equal folders have one copy."""
    _last: str = ""

    def before(self, operation: Operation) -> None:
        """Keep the folder as it is now; see `watched`."""
        inside = operation.path.relative_to(self.root.resolve())
        self.found.append((f"before {operation.name} {inside}", self._copy()))
        if operation.name == "write" and operation.data:
            copy = self._copy(always=True)
            with (copy / inside).open("ab") as file:
                file.write(operation.data[: len(operation.data) // 2])
            self.found.append((f"in the middle of writing {inside}", copy))
        if operation.name == "fsync" and inside.name.endswith(".tmp"):
            copy = self._copy(always=True)
            os.truncate(copy / inside, (copy / inside).stat().st_size // 2)
            self.found.append((f"in the middle of writing {inside}", copy))

    def _copy(self, *, always: bool = False) -> Path:
        """A copy of the folder; the one before it, where nothing has changed since."""
        state = digest_of(self.root)
        if always or state != self._last:
            place = self.kept / str(len(self.found))
            shutil.copytree(self.root, place, symlinks=True)
            self._last = "" if always else state
            return place
        return self.found[-1][1]


def digest_of(root: Path) -> str:
    """SHA-256 of all names and contents below a folder."""
    seal = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        seal.update(f"{path.relative_to(root)}\n".encode())
        if path.is_file():
            seal.update(path.read_bytes())
    return seal.hexdigest()
