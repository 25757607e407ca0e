"""What the manual shows to type does what the manual says: Python runs, commands exist, audit sets parse."""

from __future__ import annotations

import shlex

import pytest
import typer

from forewarn.auditset import AuditSet
from forewarn.cli.app import app


@pytest.fixture
def beside(manual, tmp_path, monkeypatch):
    """A folder with the audit set of the manual, as the pages take for granted."""
    monkeypatch.chdir(tmp_path)
    (example,) = manual["docs/reference/audit-sets.md"].blocks("jsonl")
    (tmp_path / "facts.jsonl").write_text(example.text, encoding="utf8")
    return tmp_path


# Lightning tells of its own settings when a Trainer is made.
@pytest.mark.filterwarnings("ignore::UserWarning:pytorch_lightning", "ignore::UserWarning:lightning")
def test_python_runs(python_page, beside):
    page = python_page
    names = {"__name__": f"manual_{page.path.stem}"}
    for block in (b for b in page.blocks("python", "py") if not b.marked):
        # Line numbers are those of the page.
        exec(compile("\n" * block.line + block.text, page.name, "exec", dont_inherit=True), names)


def test_audit_sets_parse(jsonl_page, tmp_path):
    for block in jsonl_page.blocks("jsonl"):
        path = tmp_path / "set.jsonl"
        path.write_text(block.text, encoding="utf8")
        assert len(AuditSet.from_jsonl(path).facts) >= 8


def parsed(words):
    """The context in which typer would run a command: it refuses what does not exist."""
    command = typer.main.get_command(app)
    context, left = None, list(words)
    while True:
        context = command.make_context(command.name, left, parent=context)
        if not hasattr(command, "commands"):
            return context
        _, command, left = command.resolve_command(context, [*context._protected_args, *context.args])


def typed(text):
    """The `forewarn` commands in what is typed into a shell, as words."""
    lines = text.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line, comments=True)
        for cut in range(len(words)):
            if words[cut].rsplit("/")[-1] == "forewarn" and (cut == 0 or words[cut - 1] in {"&&", "||", ";"}):
                rest = words[cut + 1 :]
                ends = [i for i, word in enumerate(rest) if word in {"&&", "||", ";", "|", ">"}]
                yield rest[: min(ends, default=len(rest))]


def test_commands_exist_with_these_options(shell_page):
    for block in shell_page.blocks("console", "bash", "sh", "shell"):
        for words in typed(block.text):
            try:
                parsed(words)
            except Exception as error:
                pytest.fail(f"{shell_page.name}, line {block.line}: forewarn {shlex.join(words)}: {error}")


@pytest.mark.parametrize(
    "words", [["shout"], ["verify"], ["demo", "--faster"], ["organisms", "train"], ["show", "a", "b"]]
)
def test_the_parser_refuses_what_does_not_exist(words):
    with pytest.raises(Exception, match=r"[Nn]o such|[Mm]issing|unexpected|Unexpected"):
        parsed(words)


def test_commands_are_found_in_what_is_typed():
    text = "$ make demo\n$ forewarn list runs && forewarn show runs/a | less  # both\nforewarn of output\n"
    assert list(typed(text)) == [["list", "runs"], ["show", "runs/a"]]
    assert list(typed(".venv/bin/forewarn demo \\\n  --fast > out")) == [["demo", "--fast"]]
