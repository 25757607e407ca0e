"""Traces on disk: RUN/traces.jsonl, one person's inspection of one snapshot a line. Nothing here needs torch."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import AbsentError, is_format, parse, read_lines
from forewarn.records.trace import InspectionTrace
from forewarn.store.codec import decode, encode
from forewarn.store.digest import GENESIS, canonical, text_digest
from forewarn.store.files import refused, write_atomically

TRACES: Final = "traces.jsonl"
FORMAT: Final = 4
MOST_BYTES: Final = 2**26
MOST_LINES: Final = 100_000
"""A larger file is not read."""
_FIELDS: Final = {"format", "hash", "prev", "trace"}


def read(path: Path) -> tuple[InspectionTrace, ...]:
    """All traces of a file, in the order of its lines; none where there is no file.

    Each line is sealed with a hash that covers the hash of the line before, as in a ledger.

    Raises:
        IntegrityError: a line is torn, was altered or is no trace; says which and what to do.
        StoreError: the file cannot be read.
    """
    try:
        *lines, torn = read_lines(path, MOST_BYTES, MOST_LINES)
    except AbsentError:
        return ()
    except StoreError as error:
        kind = IntegrityError if isinstance(error, IntegrityError) else StoreError
        raise kind(f"cannot read the traces: {error}. Move the file aside to begin anew.") from error
    found, before = [], GENESIS
    for number, line in enumerate(lines, 1):
        trace, before = _line(path, number, line, before)
        found.append(trace)
    if torn:
        raise _broken(path, len(lines) + 1, f"is torn ({len(torn)} characters without a line break)")
    return tuple(found)


def write(path: Path, traces: Sequence[InspectionTrace]) -> None:
    """Write a file of traces, whole or not at all. StoreError when the system refuses."""
    lines, before = [], GENESIS
    for trace in traces:
        line, before = _sealed(trace, before)
        lines.append(line)
    write_atomically(path, "".join(f"{line}\n" for line in lines))


def find(path: Path, who: str, snapshot: str) -> InspectionTrace | None:
    """One person's trace of one snapshot; None where there is none. Raises what `read` does."""
    same = (trace for trace in reversed(read(path)) if (trace.who, trace.snapshot) == (who, snapshot))
    return next(same, None)


def update(
    path: Path, begun: InspectionTrace, change: Callable[[InspectionTrace], InspectionTrace]
) -> InspectionTrace:
    """Change the line of `begun`'s person and snapshot, or add `begun` so changed; what was written.

    All other traces stay. Who else writes meanwhile waits. Raises what `read` and `write` do; then the file is
    as it was.
    """
    with _alone(path):
        traces = list(read(path))
        places = [i for i, t in enumerate(traces) if (t.who, t.snapshot) == (begun.who, begun.snapshot)]
        place = places[-1] if places else len(traces)
        traces[place:] = [change(traces[place] if places else begun), *traces[place + 1 :]]
        write(path, traces)
        return traces[place]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock: the file itself is replaced by each writer, and no lock on it would last."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise refused(path, error) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise refused(path, error) from error
    finally:
        os.close(folder)


def _sealed(trace: InspectionTrace, before: str) -> tuple[str, str]:
    """A trace's line, and the hash that seals it."""
    body = {"format": FORMAT, "prev": before, "trace": encode(trace)}
    seal = text_digest(canonical(body))
    return canonical({**body, "hash": seal}), seal


def _line(path: Path, number: int, line: str, before: str) -> tuple[InspectionTrace, str]:
    try:
        return _trace(parse(line, loose=True), line, before)
    except (ValueError, StoreError) as error:
        raise _broken(path, number, f"is no trace ({error})") from error


def _trace(data: object, line: str, before: str) -> tuple[InspectionTrace, str]:
    if not isinstance(data, dict) or not is_format(data.get("format"), FORMAT):
        found = data.get("format") if isinstance(data, dict) else None
        raise StoreError(f"format {found!r}; this forewarn reads format {FORMAT}")
    if set(data) != _FIELDS:
        raise StoreError(f"wanted are the fields {', '.join(sorted(_FIELDS))}")
    body = {key: data[key] for key in _FIELDS - {"hash"}}
    if canonical(data) != line or text_digest(canonical(body)) != data["hash"]:
        raise StoreError("it does not match its hash: it was altered after it was written")
    if data["prev"] != before:
        raise StoreError("it does not follow from the line before it: a line was taken out, added or moved")
    return cast(InspectionTrace, decode(data["trace"], InspectionTrace, "trace")), data["hash"]


def _broken(path: Path, number: int, what: str) -> IntegrityError:
    return IntegrityError(
        f"{path}, line {number} {what}. Nothing was changed; restore the file from a copy, or move it aside, to "
        "go on."
    )
