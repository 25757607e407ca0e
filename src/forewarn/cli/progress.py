"""How far long work has come, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


def following(what: str, done: Iterable[T], total: int) -> Iterator[T]:
    """Pass on what is done, behind a bar with the time that is left; a line for each in what is no terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        for i, each in enumerate(done, 1):
            sys.stderr.write(f"forewarn: {what} {i}/{total}\n")
            sys.stderr.flush()
            yield each
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as shown:
        yield from shown.track(done, total=total, description=what)
