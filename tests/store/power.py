"""A disk that loses what was not put on it: what is left of a folder when the power fails.

Only fsync makes anything stay: of a file its bytes at that moment, of a folder the names in it at that moment.
Loaded by path (see test_power.py), since test modules cannot import each other.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

_CHANGES = ("mkdir", "rmdir", "unlink", "replace", "rename", "fsync", "write", "truncate", "ftruncate")


class Disk:
    """Mutable: follows what this process puts on the disk below a folder."""

    def __init__(self, root):
        self.root, self.sites = root, set()
        self._bytes, self._names, self._held = {}, {}, {}
        self._names[self._number(root)] = {}

    def synced(self, handle):
        """An fsync of this handle is over."""
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir():
            self._names[self._number(path)] = {each.name: self._number(each) for each in path.iterdir()}
        else:
            self._bytes[self._number(path)] = path.read_bytes()

    def after_a_cut(self, place, survives):
        """Write to `place` what a disk holds that has lost its power now.

        A disk may have got further than it promised. A change to a name (made, replaced, removed) that was not put
        on the disk is there if `survives(name)`. Bytes that were not are lost, but for the first half of what was
        appended to a file whose name survives: a torn tail.
        """
        now = {path.stat().st_ino: path for path in (self.root, *self.root.rglob("*"))}
        self._restore(self.root.stat().st_ino, place, now, survives)

    def close(self):
        for handle in self._held.values():
            os.close(handle)

    def _number(self, path):
        """The file's number. The file is held open, so that the number is not given to another one."""
        number = path.stat().st_ino
        if number not in self._held:
            self._held[number] = os.open(path, os.O_RDONLY)
        return number

    def _restore(self, folder, place, now, survives):
        place.mkdir()
        old = self._names.get(folder, {})
        new = {each.name: self._number(each) for each in now[folder].iterdir()} if folder in now else {}
        for name in sorted({*old, *new}):
            number = (new if survives(name) else old).get(name)
            if number is None:
                continue
            if stat.S_ISDIR(os.fstat(self._held[number]).st_mode):
                self._restore(number, place / name, now, survives)
            else:
                (place / name).write_bytes(self._left(number, now.get(number), torn=survives(name)))

    def _left(self, number, path, *, torn):
        kept = self._bytes.get(number, b"")
        now = path.read_bytes() if path is not None else b""
        tail = now[len(kept) :] if torn and now.startswith(kept) else b""
        return kept + tail[: len(tail) // 2]


@contextmanager
def disk(root, before, deaf=None):
    """Follow what is put on the disk, and call `before(disk)` ahead of each operation that changes it.

    `deaf` is the place of an fsync that does nothing, as if it had been left out: one of `Disk.sites`.
    """
    followed, busy = Disk(root), []

    def told(name, real):
        def call(*given, **named):
            if busy:
                return real(*given, **named)
            busy.append(True)
            try:
                before(followed)
                return _fsync(followed, given[0], deaf) if name == "fsync" else real(*given, **named)
            finally:
                busy.clear()

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in _CHANGES:
            patch.setattr(os, name, told(name, getattr(os, name)))
        try:
            yield followed
        finally:
            patch.undo()
            followed.close()


def _fsync(followed, handle, deaf):
    """Nothing is put on the real disk: a test has no use for it, and it takes long."""
    frame = sys._getframe(2)
    if frame.f_code.co_name == "sync":
        frame = frame.f_back
    site = f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}:{frame.f_lineno}"
    followed.sites.add(site)
    if site != deaf:
        followed.synced(handle)
