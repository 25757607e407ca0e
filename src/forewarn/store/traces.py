"""Traces on disk: RUN/traces.jsonl, one person's inspection of one snapshot a line. Nothing here needs torch."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from forewarn.errors import IntegrityError, StoreError
from forewarn.records.trace import InspectionTrace
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical
from forewarn.store.files import refused, write_atomically

TRACES: Final = "traces.jsonl"
FORMAT: Final = 3
MOST_BYTES: Final = 2**28
"""A larger file is not read."""


def read(path: Path) -> tuple[InspectionTrace, ...]:
    """All traces of a file, in the order of its lines; none where there is no file.

    Raises:
        IntegrityError: a line is torn or is no trace; says which and what to do.
        StoreError: the file cannot be read.
    """
    *lines, torn = _bytes_of(path).split(b"\n")
    found = tuple(_line(path, number, line) for number, line in enumerate(lines, 1))
    if torn:
        raise _broken(path, len(lines) + 1, f"is torn ({len(torn)} bytes without a line break)")
    return found


def write(path: Path, traces: Sequence[InspectionTrace]) -> None:
    """Write a file of traces, whole or not at all. StoreError when the system refuses."""
    lines = [canonical({"format": FORMAT, "trace": encode(trace)}) for trace in traces]
    write_atomically(path, "".join(f"{line}\n" for line in lines))


def find(path: Path, who: str, snapshot: str) -> InspectionTrace | None:
    """One person's trace of one snapshot; None where there is none. Raises what `read` does."""
    same = (trace for trace in reversed(read(path)) if (trace.who, trace.snapshot) == (who, snapshot))
    return next(same, None)


def update(
    path: Path, begun: InspectionTrace, change: Callable[[InspectionTrace], InspectionTrace]
) -> InspectionTrace:
    """Change the line of `begun`'s person and snapshot, or add `begun` so changed; what was written.

    All other lines stay. Who else writes meanwhile waits. Raises what `read` and `write` do; then the file is
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


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise StoreError(f"{path} has {size} bytes, more than {MOST_BYTES}; move it aside to begin anew.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreError(
            f"cannot read the traces {path}: {error.strerror}. Check its permissions."
        ) from error


def _line(path: Path, number: int, line: bytes) -> InspectionTrace:
    try:
        return _trace(json.loads(line))
    except (ValueError, RecursionError, StoreError) as error:
        raise _broken(path, number, f"is no trace ({error})") from error


def _trace(data: object) -> InspectionTrace:
    if not isinstance(data, dict) or set(data) != {"format", "trace"}:
        raise StoreError("wanted are the fields format and trace")
    if type(data["format"]) is not int or data["format"] != FORMAT:
        raise StoreError(f"format {data['format']!r}; this forewarn reads format {FORMAT}")
    return cast(InspectionTrace, decode(data["trace"], InspectionTrace, "trace"))


def _broken(path: Path, number: int, what: str) -> IntegrityError:
    return IntegrityError(
        f"{path}, line {number} {what}. Nothing was changed; mend or delete that line, or move the file aside, "
        "to go on."
    )
