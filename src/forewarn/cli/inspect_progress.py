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
    """Give what says what is being done, for as long as a command runs."""
    yield make_tell()


def make_tell() -> Tell:
    """Make a `Tell` for standard error: a spinner in a terminal, which vanishes afterwards, else a line a step.

    The spinner turns only while something is done, so that a prompt may stand between two steps.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        return _plain
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = Progress(*columns, console=console, transient=True)
    return lambda what: _turning(shown, what)


@contextlib.contextmanager
def _turning(shown: Progress, what: str) -> Iterator[None]:
    outermost = not shown.live.is_started
    if outermost:
        shown.start()
    task = shown.add_task(what, total=None)
    try:
        yield
    finally:
        shown.remove_task(task)
        if outermost:
            shown.stop()


@contextlib.contextmanager
def _plain(what: str) -> Iterator[None]:
    sys.stderr.write(f"forewarn: {what} …\n")
    sys.stderr.flush()
    yield
