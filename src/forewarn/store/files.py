"""Writing a file so that it is there as a whole or not at all, and stays there when the power fails."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forewarn.errors import ConfigurationError, StoreError
from forewarn.reading import refuse_other_kind

TEMPORARY: Final = ".tmp"
"""How the name of an unfinished file ends; such files may be deleted when nobody is writing."""
_UNFINISHED: Final = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{32}\.tmp")
_REMOTE: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)(::|:/|:$)")


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

    However the body ends, no temporary file stays behind; only a kill leaves one (see `unfinished_of`). An OSError
    becomes a StoreError. Nothing but an ordinary file is ever replaced: not a device such as /dev/null, a pipe, a
    folder or a link.
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


def unfinished_of(name: str) -> str | None:
    """The name that a file was to have, given the temporary name under which a kill has left it.

    None for any other name.
    """
    found = _UNFINISHED.fullmatch(name)
    return None if found is None else found["name"]


def make_folder(path: Path) -> None:
    """Make a folder and those above it, so that the names of the new ones stay when the power fails.

    A folder that is there already is left as it is. Raises OSError when the system refuses.
    """
    missing = list(itertools.takewhile(lambda each: not each.exists(), (path, *path.parents)))
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


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


def check_local(folder: Path | str) -> None:
    """Raise ConfigurationError where `folder` is a URL, such as s3://bucket or memory://runs.

    `Path` turns a URL into the name of a local folder (`s3:/bucket`), which is seen as well.
    """
    found = _REMOTE.match(str(folder))
    if found is not None:
        raise ConfigurationError(
            f"the folder {str(folder)!r} is a URL ({found['scheme']}), and forewarn writes runs to local folders "
            "only. Give the path of a local folder, such as folder='runs'; a finished run can be copied to a "
            "remote store afterwards."
        )
