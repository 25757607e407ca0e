"""The ledger's format: one event a line, each line sealed with a hash that covers the hash of the line before.

Pure functions of bytes. A line is canonical JSON with the fields event, format, hash, prev, seq and time;
`hash` is the SHA-256 of the canonical JSON of the others, so that any byte changed, anywhere, is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, Final, NoReturn

from forewarn.errors import StoreError
from forewarn.records import Event
from forewarn.store.codec import decode_event, encode
from forewarn.store.digest import GENESIS, canonical, is_digest, text_digest

FORMAT: Final = 2
"""Version of the ledger's format; a ledger of another version is refused, not guessed at."""
MOST_LINE: Final = 2**24
"""Bytes of one line; a longer one is no entry."""
MOST_PROBLEMS: Final = 50
"""Problems after which the rest of a file is not read: it is no ledger."""
_FIELDS: Final = {"event", "format", "hash", "prev", "seq", "time"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger."""

    seq: int
    """Its number, from 0."""
    time: str
    """When it was written, by the machine's clock: ISO 8601, UTC."""
    event: Event
    """What happened."""
    hash: str
    """SHA-256 that seals this line and, through `prev`, all lines before it."""
    prev: str
    """Hash of the line before; 64 zeros for the first."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in the bytes of a ledger."""

    entries: tuple[Entry, ...]
    """Lines that could be read, in the order in which they stand (trust them only if `problems` is empty)."""
    problems: tuple[str, ...]
    """Plain sentences with line numbers, from 1. The torn tail is not among them."""
    torn: bytes
    """What stands after the last line break: nothing, or a line that was never finished."""
    size: int = 0
    """Bytes that were read, the torn line among them."""

    @property
    def head(self) -> str:
        """Hash of the last line that could be read."""
        return self.entries[-1].hash if self.entries else GENESIS


def line_of(seq: int, prev: str, event: Event, time: datetime) -> tuple[str, str]:
    """The sealed line for an event, without its line break, and the line's hash.

    Raises StoreError when the event could not be read back.
    """
    plain = encode(event)
    decode_event(plain)
    stamp = time.astimezone(UTC).isoformat(timespec="milliseconds")
    body = {"event": plain, "format": FORMAT, "prev": prev, "seq": seq, "time": stamp}
    seal = text_digest(canonical(body))
    return canonical({**body, "hash": seal}), seal


def parse(line: bytes) -> Entry:
    """The entry in one line. Raises StoreError unless it is written and sealed as forewarn does it."""
    data = _json(line)
    if not isinstance(data, dict) or "format" not in data:
        raise StoreError("is no entry of a ledger")
    if data["format"] != FORMAT or type(data["format"]) is not int:
        raise StoreError(f"is of format {data['format']!r}; this forewarn reads format {FORMAT}")
    if set(data) != _FIELDS:
        raise StoreError(f"has the fields {', '.join(sorted(data))}; wanted are {', '.join(sorted(_FIELDS))}")
    if canonical(data).encode() != line or _seal(line, data["hash"]) != data["hash"]:
        raise StoreError("does not match its hash: it was altered after it was written")
    return _entry(data)


def _seal(line: bytes, stated: object) -> str:
    """The hash of a line in canonical form: of the line itself without what it states as its hash."""
    spelt = f'"hash":{canonical(stated)},'.encode()
    before, found, after = line.rpartition(spelt)
    return sha256(before + after).hexdigest() if found else ""


def examine(raw: bytes) -> Examined:
    """Read all lines and check each, and each against the one before."""
    return examine_lines(BytesIO(raw))


def examine_lines(lines: Iterable[bytes]) -> Examined:
    """The same of lines that end in their line breaks, the last one perhaps not.

    After `MOST_PROBLEMS` problems the rest is not read.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    previous: tuple[int, str] | None = (-1, GENESIS)
    torn, size = b"", 0
    for number, line in enumerate(lines, start=1):
        size += len(line)
        if len(problems) >= MOST_PROBLEMS:
            problems.append(f"line {number} and what follows was not read: this is no ledger")
            break
        if not line.endswith(b"\n") and len(line) < MOST_LINE:
            torn = line
            break
        try:
            entry = parse(line[:-1])
        except StoreError as error:
            problems.append(f"line {number} {error}")
            previous = None
            continue
        problems.extend(f"line {number} {problem}" for problem in _breaks(previous, entry))
        entries.append(entry)
        previous = (entry.seq, entry.hash)
    return Examined(tuple(entries), tuple(problems), torn, size)


def _breaks(previous: tuple[int, str] | None, entry: Entry) -> list[str]:
    """How an entry fails to follow the line before it; nothing when that line itself cannot be read."""
    if previous is None:
        return []
    gap = entry.seq - previous[0] - 1
    if gap > 0:
        return [f"is entry {entry.seq} where {previous[0] + 1} was due: {gap} missing before it"]
    if gap < 0:
        return [f"is entry {entry.seq} where {previous[0] + 1} was due: lines were reordered or repeated"]
    if entry.prev != previous[1]:
        return ["does not follow from the line before it: one of them is from another ledger"]
    return []


def _json(line: bytes) -> Any:
    try:
        return json.loads(line.decode("ascii"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise StoreError("is not JSON as forewarn writes it: it was altered or cut") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _entry(data: dict[str, Any]) -> Entry:
    if type(data["seq"]) is not int or data["seq"] < 0 or not is_digest(data["prev"]):
        raise StoreError("has no valid seq or prev")
    _check_time(data["time"])
    try:
        event = decode_event(data["event"])
    except StoreError as error:
        raise StoreError(f"holds an event that cannot be read: {error}") from error
    return Entry(data["seq"], data["time"], event, data["hash"], data["prev"])


def _check_time(time: object) -> None:
    try:
        stamp = datetime.fromisoformat(str(time))
    except ValueError:
        raise StoreError(f"has no valid time: {time!r}") from None
    if stamp.tzinfo is None:
        raise StoreError(f"has a time without its zone: {time!r}")
