"""The one door through which files are read that a person may have been sent.

Such a file may be a pipe that never ends, a device, a link that leads elsewhere, larger than the memory, or JSON
that is nested deeper than any reader follows. Kind, links and size are checked before a byte is read. Depth,
numbers, repeated names and half characters are checked before anything is built from what was read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from forewarn.errors import IntegrityError, StoreError

MOST_DEPTH: Final = 64
"""Lists and objects inside of each other."""
MOST_DIGITS: Final = 40
"""Digits of a whole number: more than any that forewarn writes, and still a number that a float can hold."""
_LARGE = re.compile(r"\d{19}|[eE]\+?\d{3}")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class AbsentError(StoreError):
    """There is no such file."""


@contextlib.contextmanager
def opened(path: Path, most: int | None = None, inside: Path | None = None) -> Iterator[BinaryIO]:
    """Open an ordinary file of at most `most` bytes for reading.

    With `inside`, the folder that a run is read from, neither the file nor any folder between the two may be a
    link: what lies elsewhere is not part of the run.

    Raises AbsentError where there is nothing, StoreError for anything else than such a file.
    """
    if inside is not None:
        refuse_links(path, inside)
    with _as_store_errors(path):
        _refuse_kind(path, path.stat())
        # Not waiting: should a pipe take the file's place just now, opening it would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        _refuse_kind(path, found)
        if most is not None and found.st_size > most:
            raise StoreError(_too_large(path, f"{found.st_size:,}", most))
        try:
            yield file
        except OSError as error:
            raise _unreadable(path, error) from error


def read_bytes(path: Path, most: int, inside: Path | None = None) -> bytes:
    """The bytes of a file. Raises what `opened` does, also where the file is longer than it says."""
    with opened(path, most, inside) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise StoreError(_too_large(path, f"more than {most:,}", most))
    return raw


def read_text(path: Path, most: int, inside: Path | None = None) -> str:
    """The text of a UTF-8 file. Raises what `read_bytes` does, IntegrityError where it is no such text."""
    return text_of(read_bytes(path, most, inside), str(path))


def read_json(path: Path, most: int, inside: Path | None = None, *, loose: bool = False) -> Any:
    """The value in a JSON file. Raises what `read_text` does, IntegrityError where `parse` refuses the text."""
    text = read_text(path, most, inside)
    try:
        return parse(text, loose=loose)
    except ValueError as error:
        raise IntegrityError(f"{path} is not valid JSON: {error}") from error


def read_lines(path: Path, most: int, most_lines: int, inside: Path | None = None) -> list[str]:
    """The lines of a UTF-8 file, without their line breaks.

    Raises what `read_text` does, and StoreError for more than `most_lines`.
    """
    text = read_text(path, most, inside)
    if (found := text.count("\n")) > most_lines:
        raise StoreError(f"{path} has {found:,} lines; at most {most_lines:,} are read")
    # Not splitlines: it also cuts at U+2028 and its like, which JSON allows within a string.
    return text.split("\n")


def lines_of(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The lines of an open file one by one, each with its line break, and cut off after `most` bytes."""
    while line := file.readline(most):
        yield line


def text_of(raw: bytes, where: str) -> str:
    """UTF-8 bytes as text. Raises IntegrityError for anything else, and for a byte order mark."""
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise IntegrityError(f"{where} begins with a byte order mark; save it as plain UTF-8, without one")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise IntegrityError(f"{where} is not UTF-8 text: byte {error.start} is {error.reason}") from error


def parse(text: str, *, loose: bool = False) -> Any:
    """The JSON value in a text, read strictly.

    Raises ValueError for what is no JSON, for NaN and infinity, for a name that stands twice in one object, for
    numbers that no float can hold, for half of a character, and for more than `MOST_DEPTH` lists inside each
    other. `loose`: NaN, infinity and halves of characters are read, where a user's own settings and names stand.
    """
    numbers: dict[str, Any] = {"parse_int": _whole, "parse_float": _real} if _LARGE.search(text) else {}
    try:
        constant = float if loose else _refuse_constant
        value = json.loads(text, object_pairs_hook=_once, parse_constant=constant, **numbers)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _refuse_depth(value)
    if not loose and _HALF.search(text):
        _refuse_halves(value)
    return value


def is_format(found: object, wanted: int) -> bool:
    """Whether a version is the one wanted: `true` and 2.0 are no spellings of it."""
    return type(found) is int and found == wanted


def refuse_links(path: Path, inside: Path) -> None:
    """Raise StoreError where `path`, or a folder between it and `inside`, is a link or leads out."""
    try:
        parts = path.relative_to(inside).parts
    except ValueError:
        raise StoreError(f"{path} does not lie in {inside}") from None
    place = inside
    for part in parts:
        place = place / part
        if part == ".." or place.is_symlink():
            raise StoreError(
                f"{place} is a link: only what lies in {inside} itself is read. Put the file in its place."
            )


def refuse_other_kind(path: Path) -> None:
    """Raise StoreError where something else than an ordinary file stands at `path`; nothing at all is fine."""
    with contextlib.suppress(FileNotFoundError), _as_store_errors(path, absent=False):
        _refuse_kind(path, path.lstat())


_TOO_DEEP: Final = f"it has more than {MOST_DEPTH} lists or objects inside each other"


@contextlib.contextmanager
def _as_store_errors(path: Path, *, absent: bool = True) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if not absent:
            raise
        raise AbsentError(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or error
    return StoreError(f"cannot read {path}: {reason}. Check the path and its permissions.")


def _refuse_kind(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    what = next((name for test, name in _KINDS if test(found.st_mode)), "a link or something else")
    raise StoreError(f"{path} is {what}; an ordinary file was wanted")


def _too_large(path: Path, found: str, most: int) -> str:
    return f"{path} has {found} bytes; at most {most:,} are read"


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_DEPTH):
        if not level:
            return
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
    if level:
        raise ValueError(_TOO_DEEP)


def _refuse_halves(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a character (a lone surrogate)") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:60]!r} stands twice in one object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(
            f"the number {digits[:12]}… has {len(digits)} digits; at most {MOST_DIGITS} are read"
        )
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
