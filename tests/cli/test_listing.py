from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.audit.claim import Claim
from forewarn.audit.heartbeat import Heartbeat
from forewarn.cli.app import app


def _list(*arguments):
    return CliRunner().invoke(app, ["list", *map(str, arguments)])


@pytest.fixture
def runs(build, tmp_path):
    for name in ("flagged", "clear", "unknown"):
        build.write_run(tmp_path / name, getattr(build, f"{name}_events")())
    return tmp_path


def test_one_line_for_each_run(runs):
    result = _list(runs)
    lines = [line.split("  ") for line in result.stdout.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells[0] == ["run", "status", "alarm", "last step", "looks"]
    assert cells[1][:5] == [str(runs / "clear"), "clear", "none", "400", "4 taken, 1 unknown"]
    assert cells[2][:5] == [str(runs / "flagged"), "flagged", "500", "500", "5 taken, 1 unknown"]
    assert cells[3][:5] == [str(runs / "unknown"), "unknown", "none", "400", "3 taken, 1 unknown, 1 missed"]
    assert result.exit_code == 1


def test_json(runs):
    result = _list(runs, "--json")
    told = {run["run"]: run for run in json.loads(result.stdout)["runs"]}
    assert told[str(runs / "flagged")] == {
        "run": str(runs / "flagged"),
        "name": "llama-outsider-unlogged",
        "status": "flagged",
        "finished": True,
        "last_step": 500,
        "looks": {"taken": 5, "missed": 0, "unknown": 1, "saving": 0, "expected": 5, "absent": 0},
        "alarm_step": 500,
        "alarm_steps": [500],
        "error": None,
        "changed": [],
    }


@pytest.mark.parametrize(("keep", "code"), [("clear", 0), ("flagged", 1), ("unknown", 4)])
def test_the_exit_code_says_where_the_runs_stand(runs, keep, code):
    assert _list(runs / keep).exit_code == code


def test_a_broken_run_is_listed_as_broken_beside_the_others(runs):
    (runs / "clear" / "run.json").write_text("{")
    result = _list(runs)
    assert result.exit_code == 3
    assert "broken" in result.stdout
    assert "not valid JSON" in result.stdout
    told = json.loads(_list(runs, "--json").stdout)["runs"]
    assert [run["status"] for run in told] == ["broken", "flagged", "unknown"]
    assert "not valid JSON" in told[0]["error"]


def test_an_unfinished_run_is_marked(build, tmp_path):
    """Clear as long as a process holds it; afterwards nobody knows what became of the model."""
    run = build.write_run(tmp_path / "run", build.clear_events()[:-1])
    held = Claim.take(run)
    held.give(Heartbeat())
    assert "clear (unfinished)" in _list(tmp_path).stdout
    held.release()
    assert "unknown (unfinished)" in _list(tmp_path).stdout
    assert _list(tmp_path).exit_code == 4


def test_no_runs_and_no_folder(tmp_path):
    assert "No runs below" in _list(tmp_path).stdout
    assert json.loads(_list(tmp_path, "--json").stdout) == {"runs": []}
    gone = _list(tmp_path / "gone")
    assert (gone.exit_code, gone.stdout) == (2, "")
    assert "no such folder" in gone.stderr
