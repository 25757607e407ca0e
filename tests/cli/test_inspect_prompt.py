from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from forewarn.cli import inspect_prompt as prompt
from forewarn.cli.inspect_commands import COMMANDS, completions, find_command
from forewarn.cli.inspect_desk import Desk
from forewarn.cli.result import Code
from forewarn.errors import ConfigurationError, IntegrityError


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def desk():
    """An opened snapshot of one context, whose views raise what `state.error` says."""
    contexts = [SimpleNamespace(name="to a stranger", licenses="truth", watched=None)]
    inputs = SimpleNamespace(audit_set=SimpleNamespace(contexts=contexts))
    opened = SimpleNamespace(inputs=inputs, subject=SimpleNamespace(n_layers=4))
    state = SimpleNamespace(opened=opened, error=None)

    def inspect(request):
        raise state.error

    state.inspect = inspect
    return Desk(state)


def converse(desk, *lines):
    """Reads lines; a line that is an exception is raised instead."""
    left = list(lines)

    def read(shown):
        assert shown == "liar@500> "
        if not left:
            raise EOFError
        line = left.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    return prompt.converse(desk, "liar@500", read)


@pytest.fixture
def piped(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.fixture
def typed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal())


def test_help_lists_every_command_with_what_it_shows(desk, piped, capsys):
    assert converse(desk, "?", "help lens") is Code.CLEAR
    text = capsys.readouterr().out
    assert all(command.usage in text and command.about in text for command in COMMANDS.values())
    assert "For example: lens fact Aleppo" in text


def test_an_error_of_one_question_is_told_and_the_next_is_answered(desk, piped, capsys):
    desk.inspector.error = ConfigurationError("block 1 has neurons 0 to 24; found 99")
    assert converse(desk, "neuron 1.99", "neuron x", "contexts") is Code.USAGE
    told = capsys.readouterr()
    assert "forewarn: block 1 has neurons 0 to 24; found 99" in told.err
    assert "neuron: a neuron or head is written as block and number, such as 2.17; found 'x'" in told.err
    assert "to a stranger" in told.out


def test_a_person_who_mistypes_gets_no_exit_code_for_it(desk, typed, capsys):
    assert converse(desk, "nueron 1.99", "quit", "contexts") is Code.CLEAR
    told = capsys.readouterr()
    assert "there is no command 'nueron'; did you mean neuron?" in told.err
    assert "to a stranger" not in told.out, "nothing is answered after quit"


def test_ctrl_c_ends_one_question_or_one_line_and_not_the_session(desk, typed, capsys):
    desk.inspector.error = KeyboardInterrupt()
    assert converse(desk, "neuron 1.9", KeyboardInterrupt(), "contexts") is Code.CLEAR
    told = capsys.readouterr()
    assert "interrupted; ask something else, or quit" in told.err and "to a stranger" in told.out


def test_a_fault_is_told_as_one_and_the_session_goes_on(desk, typed, capsys):
    desk.inspector.error = RuntimeError("shapes do not match")
    assert converse(desk, "head 1.0", "contexts") is Code.FAULT
    told = capsys.readouterr()
    assert "shapes do not match" in told.err and "this is a fault of forewarn" in told.err
    assert "to a stranger" in told.out


def test_broken_files_are_told_by_the_exit_code_even_to_a_person(desk, typed):
    desk.inspector.error = IntegrityError("the snapshot was altered")
    assert converse(desk, "head 1.0", "nonsense") is Code.BROKEN


def test_a_question_that_failed_is_unknown_in_the_end(desk, typed):
    desk.failed = True
    assert converse(desk, "contexts") is Code.UNKNOWN


def test_where_nothing_was_typed_there_is_no_code(desk, piped):
    assert converse(desk, "", "  ", "# a remark") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "neuron",
            "neuron wants block and number, such as 2.17; nothing was named. `help neuron`",
        ),
        ("neuron 9.0", "the model has blocks 1 to 4; found block 9"),
        ("virtual 1.2", "virtual: a neuron and another block are written such as 1.17:3"),
        ("head 1.0 back x", "after `back` comes a number of positions, such as 2; found 'x'"),
        ("ask latent-polcy", "there is no question 'latent-polcy'; did you mean latent-policy?"),
        ("ask observer@resid9@answer", "the model has layers 0 to 4; found layer 9"),
        ("ask", "ask wants a probe, such as latent-policy"),
        ("word guilty", "the final word is one of deceptive, honest, unsure; found 'guilty'"),
        ("help lenz", "there is no command 'lenz'; did you mean lens?"),
        ("xyz", "there is no command 'xyz'; type help for a list"),
    ],
)
def test_what_cannot_be_answered_says_what_can(desk, typed, capsys, line, message):
    converse(desk, line)
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_commands_and_what_they_take_are_completed(desk):
    assert completions(desk, "ne", 0) == ["neuron "]
    assert "quit " in completions(desk, "", 0)
    assert completions(desk, "ask latent", 4) == ["latent-policy "]
    assert completions(desk, "word d", 5) == ["deceptive "]
    assert completions(desk, "lens to", 5) == ["to a stranger "]
    assert completions(desk, "lens to a str", 10) == ["stranger "], "names of several words go on"
    assert completions(desk, "ask observer latent", 13) == ["latent-policy "]
    assert completions(desk, "help vir", 5) == ["virtual "]
    assert completions(desk, "nothing x", 8) == []


def test_the_question_mark_is_help():
    assert find_command("?") is COMMANDS["help"]


@pytest.mark.parametrize(
    ("stdin", "stdout", "wanted"),
    [
        (Terminal(), Terminal(), True),
        (Terminal(), io.StringIO(), False),
        (io.StringIO(), io.StringIO(), True),
        (None, io.StringIO(), False),
    ],
)
def test_a_prompt_opens_at_a_terminal_and_for_a_pipe(monkeypatch, stdin, stdout, wanted):
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "stdout", stdout)
    assert prompt.wants_prompt() is wanted
