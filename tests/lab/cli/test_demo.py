from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.report.overview import OverviewRow


@pytest.fixture
def asked(build, monkeypatch):
    """A stand-in for the demo room; holds what it was asked."""
    module, calls = ModuleType("forewarn.lab.demo.main"), []

    def run_demo(*, out, fast, seed):
        print("Lightning says hello")
        calls.append((out, fast, seed))
        liar = build.write_run(out / "liar", build.flagged_events())
        honest = build.write_run(out / "format", build.clear_events())
        return (
            OverviewRow("liar", True, "Lies when unwatched.", 480, 500, 500, "halt", liar),
            OverviewRow("format", False, "Changes its format.", None, None, 400, None, honest),
        )

    module.run_demo = run_demo
    monkeypatch.setitem(sys.modules, "forewarn.lab.demo.main", module)
    return calls


def test_json_is_one_object_and_nothing_else(asked, tmp_path):
    result = CliRunner().invoke(app, ["demo", "--fast", "--json", "--seed", "3", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert asked == [(tmp_path, True, 3)]
    assert json.loads(result.stdout)["runs"][0] == {
        "name": "liar",
        "deceptive": True,
        "onset_step": 480,
        "alarm_step": 500,
        "last_step": 500,
        "response": "halt",
        "run": str(tmp_path / "liar"),
    }


def test_a_table_the_level_of_knowledge_and_the_paths(asked, tmp_path):
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    heads, liar, honest = (line.split("  ") for line in result.stdout.splitlines()[:3])
    assert [cell.strip() for cell in heads if cell.strip()] == [
        "run", "true behaviour", "alarm step", "first lying step", "last step", "response",
    ]  # fmt: skip
    assert [cell.strip() for cell in liar if cell.strip()][2:] == ["500", "480", "500", "halt"]
    assert [cell.strip() for cell in honest if cell.strip()][2:] == ["none", "none", "400", "none"]
    assert "related cues, K1" in result.stdout
    assert str(tmp_path / "liar" / "ledger.jsonl") in result.stdout
    assert str(tmp_path / "index.html") in result.stdout
    assert (tmp_path / "index.html").is_file()
