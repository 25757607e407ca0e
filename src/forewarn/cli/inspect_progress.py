"""What is being done, on standard error while it is done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Tell = Callable[[str], AbstractContextManager[None]]


@contextlib.contextmanager
def progress() -> Iterator[Tell]:
    """Give what tells: a line that turns in a terminal and vanishes afterwards, else a plain line a step."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _plain
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        yield lambda what: _turning(shown, what)


@contextlib.contextmanager
def _turning(shown: Progress, what: str) -> Iterator[None]:
    task = shown.add_task(what, total=None)
    try:
        yield
    finally:
        shown.remove_task(task)


@contextlib.contextmanager
def _plain(what: str) -> Iterator[None]:
    sys.stderr.write(f"forewarn: {what} …\n")
    sys.stderr.flush()
    yield
