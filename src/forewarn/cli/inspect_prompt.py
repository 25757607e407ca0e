"""An inspection at a prompt: the snapshot is opened once, and one typed line after the other is answered."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from forewarn.cli.inspect_commands import ENDS, completions, recap, run_line
from forewarn.cli.inspect_desk import Desk
from forewarn.cli.result import Code, console_on, refusal, said, say_fault
from forewarn.errors import ForewarnError

Read = Callable[[str], str]
"""Shows a prompt and gives the next line; EOFError at the end."""
_ORDER: Final = (Code.CLEAR, Code.USAGE, Code.BROKEN, Code.FAULT)
"""Codes of single lines, the gravest last."""


def wants_prompt() -> bool:
    """Whether questions are typed or piped: at a terminal that also shows the answers, or from a pipe or file."""
    if sys.stdin is None or sys.stdin.closed:
        return False
    return sys.stdout.isatty() if sys.stdin.isatty() else True


def converse(desk: Desk, name: str, read: Read | None = None) -> Code | None:
    """Answer lines until `quit` or the end of the input; None where nothing was typed at all.

    An error of one question is printed and ends nothing; Ctrl-C interrupts one question. The code is unknown
    where a question failed and, where the lines come from a pipe, usage where one was refused.
    """
    console, worst, typed = console_on(), Code.CLEAR, False
    if sys.stdin.isatty():
        console.print(said("Type a question; help lists them, quit ends.", "dim"))
    for line in _lines(read or _reader(desk), f"{name}> "):
        typed = True
        if line in ENDS:
            break
        worst = max(worst, answer_line(desk, line), key=_ORDER.index)
    if desk.asked:
        for part in recap(desk):
            console.print(part)
    return _final(desk, worst) if typed else None


def answer_line(desk: Desk, line: str) -> Code:
    """Print what came of one line, or why it could not be answered."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            # A model may print while it runs; the answer is put together before anything of it is shown.
            parts = tuple(run_line(desk, line))
    except KeyboardInterrupt:
        console_on(stderr=True).print(said("interrupted; ask something else, or quit", "red"))
        return Code.CLEAR
    except (ForewarnError, OSError) as error:
        refused = refusal(error)
        for part in refused.text:
            console_on(stderr=True).print(part)
        return refused.code
    except Exception as error:
        say_fault(error)
        return Code.FAULT
    console = console_on()
    for part in parts:
        console.print(part)
    return Code.CLEAR


def _final(desk: Desk, worst: Code) -> Code:
    if worst in (Code.FAULT, Code.BROKEN) or (worst is Code.USAGE and not sys.stdin.isatty()):
        return worst
    return Code.UNKNOWN if desk.failed else Code.CLEAR


def _lines(read: Read, prompt: str) -> Iterator[str]:
    """Lines with something in them; Ctrl-C while one is typed throws that one away."""
    while True:
        try:
            line = read(prompt).strip()
        except EOFError:
            return
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            continue
        if line and not line.startswith("#"):
            yield line


def _reader(desk: Desk) -> Read:
    if not sys.stdin.isatty():
        return _read_piped
    _complete_with(desk)
    return input


def _read_piped(prompt: str) -> str:
    """The next line of a script, echoed behind the prompt so that the answers can be told apart."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    if line.strip():
        sys.stdout.write(f"\n{prompt}{line.rstrip()}\n")
        sys.stdout.flush()
    return line


def _complete_with(desk: Desk) -> None:
    """History and completion, where the system's Python has readline."""
    try:
        import readline
    except ImportError:
        return
    readline.set_completer_delims(" ")
    readline.set_completer(_completer(desk, readline))
    readline.parse_and_bind("tab: complete")


def _completer(desk: Desk, readline: Any) -> Callable[[str, int], str | None]:
    def complete(text: str, state: int) -> str | None:
        found = completions(desk, readline.get_line_buffer(), readline.get_begidx())
        return found[state] if state < len(found) else None

    return complete
