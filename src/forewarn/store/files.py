"""Writing a file so that it is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.reading import refuse_other_kind

TEMPORARY = ".tmp"
"""How the name of an unfinished file ends; such files may be deleted when nobody is writing."""


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`: temporary name, flush, fsync, rename, fsync of the folder.

    Raises StoreError when the system refuses (disk full, no permission); then `path` is as it was before.
    """
    raw = content.encode() if isinstance(content, str) else content
    with replacing(path) as unfinished:
        unfinished.write_bytes(raw)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what the body wrote there takes `path`'s place when it ends well.

    However the body ends, no temporary file stays behind. An OSError becomes a StoreError. Nothing but an ordinary
    file is ever replaced: not a device such as /dev/null, a pipe, a folder or a link.
    """
    refuse_other_kind(path)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    try:
        yield unfinished
        sync(unfinished)
        unfinished.replace(path)
        sync(path.parent)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make the system put a file or a folder's names on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refused(path: Path, error: OSError) -> StoreError:
    """Put the system's refusal to write `path` into words."""
    reason = error.strerror or str(error) or type(error).__name__
    return StoreError(
        f"cannot write {path}: {reason}. Nothing half written was left behind; "
        "make room on the disk or choose another folder, then go on."
    )
