"""What every command gives back, and the one place where it is printed."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ParamSpec

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from forewarn.errors import ForewarnError, IntegrityError
from forewarn.records import Status
from forewarn.visible import visible

_Given = ParamSpec("_Given")


class Code(IntEnum):
    """Exit codes. Where several apply, the first of BROKEN, FLAGGED, UNKNOWN, CLEAR stands."""

    CLEAR = 0
    FLAGGED = 1
    USAGE = 2
    BROKEN = 3
    UNKNOWN = 4
    FAULT = 70
    INTERRUPTED = 130


OF_STATUS: Mapping[Status, Code] = {
    Status.CLEAR: Code.CLEAR,
    Status.FLAGGED: Code.FLAGGED,
    Status.UNKNOWN: Code.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A command's result, in both forms."""

    value: Mapping[str, object]
    """For --json."""
    text: tuple[RenderableType, ...]
    """For a person: what a rich console can print, top to bottom."""
    code: Code = Code.CLEAR
    error: bool = False
    """Whether the text belongs on standard error."""


def printing(command: Callable[_Given, Result]) -> Callable[_Given, None]:
    """Turn a function that gives a Result into a command that prints it and exits with its code.

    Errors that forewarn or the system raises on purpose become one message on standard error, without a trace.
    """

    @functools.wraps(command)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
        try:
            result = command(*args, **kwargs)
        except (ForewarnError, OSError) as error:
            result = refusal(error)
        except KeyboardInterrupt:
            result = _refusal("interrupted", Code.INTERRUPTED)
        deliver(result, as_json=bool(kwargs.get("as_json")))
        raise typer.Exit(int(result.code))

    return run


def refusal(error: ForewarnError | OSError) -> Result:
    """Put an error into a result: broken files and wrong usage have codes of their own."""
    return _refusal(str(error), Code.BROKEN if isinstance(error, IntegrityError) else Code.USAGE)


def _refusal(message: str, code: Code) -> Result:
    value = {"error": message, "exit_code": int(code)}
    return Result(value, (said(f"forewarn: {message}", "red"),), code, error=True)


def worst(codes: list[Code]) -> Code:
    """Return the code that stands for several runs."""
    order = (Code.BROKEN, Code.FLAGGED, Code.UNKNOWN)
    return next((code for code in order if code in codes), Code.CLEAR)


def deliver(result: Result, *, as_json: bool) -> None:
    """Print a result. With JSON, standard output gets one object and nothing else, errors too."""
    if as_json:
        sys.stdout.write(json.dumps(result.value, indent=2) + "\n")
    if not as_json or result.error:
        console = console_on(stderr=result.error)
        for part in result.text:
            console.print(part)


def console_on(*, stderr: bool = False) -> Console:
    """Make a console that wraps for a terminal only: what goes into a pipe keeps one thing to a line."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return (
        console if console.is_terminal else Console(file=stream, highlight=False, markup=False, width=10_000)
    )


def said(text: object, style: str = "") -> Text:
    """Text that a model or user may have written, with everything spelt out that a terminal would act on."""
    return Text(visible(str(text)), style=style)


def say_fault(error: Exception) -> None:
    """Tell a fault of forewarn itself, with its trace."""
    traceback.print_exception(error)
    sys.stderr.write(
        "forewarn: this is a fault of forewarn, not a verdict about any run. Please report it.\n"
    )
