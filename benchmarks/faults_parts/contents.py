"""What a hostile file may be, by name: kinds of file, and contents that a reader may choke on."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

Spoil = Callable[[Path], None]
"""Puts something hostile where a good file stands."""


def _instead(make: Spoil) -> Spoil:
    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


def _bytes(content: bytes) -> Spoil:
    return lambda path: path.write_bytes(content) and None


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _outside(path: Path) -> None:
    """The same content, reached by a link that leads out."""
    other = path.parent / f"..{path.name}.elsewhere"
    elsewhere = Path(str(path.parents[0]) + other.name)
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _in_json(change: Callable[[dict[str, object]], object]) -> Spoil:
    """The first object of the file with a change; lines after it stay."""

    def spoil(path: Path) -> None:
        raw = path.read_bytes()
        try:
            text = raw.decode()
            first, rest = (text, "") if text.startswith("{\n") else (text.partition("\n")[::2])
            value = json.loads(first)
        except ValueError:
            path.write_bytes(b"{}" + raw)
            return
        path.write_text(f"{change(value)}\n{rest}")

    return spoil


def _with(**extra: object) -> Spoil:
    return _in_json(lambda value: json.dumps({**value, **extra}))


def _text_with(addition: str) -> Spoil:
    """An object that begins with something that `json.dumps` would not write."""
    return _in_json(lambda value: "{" + addition + json.dumps(value)[1:])


def _each(make: Callable[[object], object]) -> Spoil:
    """Every value of the object replaced."""
    return _in_json(lambda value: json.dumps({name: make(held) for name, held in value.items()}))


CONTENTS: dict[str, Spoil] = {
    "pipe": _instead(os.mkfifo),
    "socket": _instead(_socket),
    "folder": _instead(Path.mkdir),
    "link to /dev/zero": _instead(lambda path: path.symlink_to("/dev/zero")),
    "link to /dev/stdin": _instead(lambda path: path.symlink_to("/dev/stdin")),
    "link to nothing": _instead(lambda path: path.symlink_to("nothing")),
    "link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "link that leads out": _outside,
    "missing": Path.unlink,
    "empty": _bytes(b""),
    "terabyte with holes": _huge,
    "NUL bytes": _bytes(b"\0" * 100_000),
    "invalid UTF-8": _bytes(b'{"a": "\xff\xfe\xfa"}\n'),
    "byte order mark": lambda path: path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes()) and None,
    "UTF-16": lambda path: path.write_bytes('{"format": 2}'.encode("utf-16")) and None,
    "200,000 brackets": _bytes(b"[" * 200_000),
    "200,000 objects": _bytes(b'{"a":' * 200_000),
    "brackets that close": _bytes(b"[" * 90_000 + b"]" * 90_000),
    "300,000 empty lines": _bytes(b"\n" * 300_000),
    "300,000 braces": _bytes(b"{}\n" * 300_000),
    "one long line": _bytes(b"a" * 30_000_000),
    "a list": _bytes(b"[]"),
    "null": _bytes(b"null\n"),
    "a number": _bytes(b"12\n"),
    "a text": _bytes(b'"text"\n'),
    "an empty object": _bytes(b"{}\n"),
    "NaN": _text_with('"odd": NaN, '),
    "infinity": _text_with('"odd": -Infinity, '),
    "10**400": _text_with(f'"odd": 1{"0" * 400}, '),
    "10**5000": _text_with(f'"odd": 1{"0" * 5000}, '),
    "1e400": _text_with('"odd": 1e400, '),
    "half surrogate": _text_with('"\\ud800": "\\udfff", '),
    "duplicate key": _text_with('"format": 2, '),
    "format true": _with(format=True),
    "format 2.0": _with(format=2.0),
    "format text": _with(format="2"),
    "format 10**9": _with(format=10**9),
    "format null": _with(format=None),
    "a field too many": _with(surplus=1),
    "every value null": _each(lambda held: None),
    "every value a list": _each(lambda held: [held]),
    "every value -1": _each(lambda held: -1),
    "every value a huge text": _each(lambda held: "x" * 1_000_000),
    "every value 10**30": _each(lambda held: 10**30),
    "cut in the middle": lambda path: (
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]) and None
    ),
    "twice": lambda path: path.write_bytes(path.read_bytes() * 2) and None,
    "bytes appended": lambda path: path.write_bytes(path.read_bytes() + b"\0tail") and None,
}
"""By name; each takes the path of a good file."""
