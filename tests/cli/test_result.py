from __future__ import annotations

import json
import sys

import pytest
import typer

from forewarn.cli.result import Code, Result, console_on, deliver, printing, said, worst
from forewarn.errors import IntegrityError, StoreError


def _outcome(error, capsys, as_json=False):
    @printing
    def command(as_json=False):
        raise error

    with pytest.raises(typer.Exit) as end:
        command(as_json=as_json)
    return end.value.exit_code, capsys.readouterr()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreError("no such folder"), 2),
        (IntegrityError("broken"), 3),
        (PermissionError(13, "Permission denied", "run"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_one_message_and_a_code(error, code, capsys):
    found, printed = _outcome(error, capsys)
    assert found == code
    assert printed.out == ""
    assert printed.err.startswith("forewarn: ")
    assert "Traceback" not in printed.err


def test_with_json_an_error_is_an_object_too(capsys):
    _, printed = _outcome(StoreError("no such folder"), capsys, as_json=True)
    assert json.loads(printed.out) == {"error": "no such folder", "exit_code": 2}
    assert "no such folder" in printed.err


def test_a_fault_is_not_swallowed(capsys):
    with pytest.raises(ZeroDivisionError):
        _outcome(ZeroDivisionError(), capsys)


def test_the_code_that_stands_for_several_runs():
    assert worst([]) is Code.CLEAR
    assert worst([Code.CLEAR, Code.UNKNOWN]) is Code.UNKNOWN
    assert worst([Code.UNKNOWN, Code.FLAGGED]) is Code.FLAGGED
    assert worst([Code.FLAGGED, Code.BROKEN]) is Code.BROKEN


def test_what_goes_into_a_pipe_is_not_wrapped_and_not_coloured(capsys):
    deliver(Result({}, (said("word " * 100, "red"),)), as_json=False)
    assert capsys.readouterr().out == "word " * 100 + "\n"


def test_a_terminal_is_not_acted_on_by_what_a_model_wrote(capsys):
    deliver(Result({}, (said("\x1b[2J[red]x[/red]\u202e"),)), as_json=False)
    assert capsys.readouterr().out == "\\x1b[2J[red]x[/red]\\u202e\n"


def test_no_color_is_respected_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert console_on().no_color
