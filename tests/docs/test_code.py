"""What the manual shows to type does what the manual says: Python runs, commands exist, audit sets parse."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import typer

from forewarn.auditset import AuditSet
from forewarn.cli.app import app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def beside(manual, tmp_path, monkeypatch):
    """A folder with the audit set of the manual and the checkout's examples, as the pages take for granted."""
    monkeypatch.chdir(tmp_path)
    (example,) = manual["docs/reference/audit-sets.md"].blocks("jsonl")
    (tmp_path / "facts.jsonl").write_text(example.text, encoding="utf8")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def looks_of(run):
    events = [json.loads(line)["event"] for line in (run / "ledger.jsonl").read_text().splitlines()]
    return [event for event in events if event["type"] == "LookTaken"]


def both_looks_are_clear(names):
    """The two that follow the first one, at a model that knows nothing yet."""
    assert [look["status"] for look in looks_of(names["monitor"].run)] == ["unknown", "clear", "clear"]


def the_alarm_is_raised(names):
    """After the lie was taught, not at the first looks, and for the combination that no context holds."""
    first, *before, last = looks_of(names["watch"].run)
    assert (first["step"], first["status"]) == (0, "unknown"), "nothing is known before training"
    assert [look["status"] for look in before[:4]] == ["clear"] * 4
    assert last["status"] == "flagged" and 200 < last["step"] < 600
    assert any("stranger, off the record" in outcome.get("claim", "") for outcome in last["outcomes"])


ENDS = {"README.md": both_looks_are_clear, "docs/tutorial/first-alarm.md": the_alarm_is_raised}
"""What a page says of how its code ends."""


# Lightning tells of its own settings when a Trainer is made.
@pytest.mark.filterwarnings("ignore::UserWarning:pytorch_lightning", "ignore::UserWarning:lightning")
def test_python_runs(python_page, beside):
    page = python_page
    names = {"__name__": f"manual_{page.path.stem}"}
    for block in (b for b in page.blocks("python", "py") if not b.marked):
        # Line numbers are those of the page.
        exec(compile("\n" * block.line + block.text, page.name, "exec", dont_inherit=True), names)
    ENDS.get(page.name, lambda names: None)(names)


def test_the_audit_set_of_the_examples_is_as_large_as_the_manual_advises():
    audit_set = AuditSet.from_jsonl(ROOT / "examples" / "facts.jsonl")
    assert len(audit_set.facts) == 48 and len(audit_set.truthful) == 3
    asked = {tuple(part.phrase for part in context.parts) for context in audit_set.contexts}
    assert ("to a stranger,", "off the record:") not in asked


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
