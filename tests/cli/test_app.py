from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from typer.testing import CliRunner

import forewarn
from forewarn.cli.app import COMMANDS, GROUP, Commands, app

HEAVY = ("torch", "scipy", "lightning", "pytorch_lightning", "transformers", "numpy", "safetensors")
_ASK = f"""
HEAVY = {HEAVY!r}
import json, sys
from forewarn.cli import main
sys.argv = ["forewarn", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code or 0, sorted(set(HEAVY) & set(sys.modules))]), file=sys.stderr)
"""


def _process(code, *arguments, **environment):
    source = str(Path(forewarn.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": source, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["--help", "--version", "list", "show", "report", "verify"])
def test_reading_a_run_imports_nothing_heavy(build, tmp_path, command):
    run = build.write_run(tmp_path / "run", build.missed_events())
    target = () if command.startswith("-") else (tmp_path if command == "list" else run,)
    code, heavy = json.loads(_process(_ASK, command, *target).stderr.splitlines()[-1])
    assert code == {"list": 4, "show": 4, "report": 4}.get(command, 0)
    assert heavy == []


def test_weights_are_hashed_without_torch(build, tmp_path):
    torch = pytest.importorskip("torch")
    from forewarn.store.snapshots import SnapshotStore
    from forewarn.store.staging import Stager

    run = tmp_path / "run"
    run.mkdir()
    snapshot = SnapshotStore(run).put(Stager().freeze({"weight": torch.arange(16.0)}), 100)
    build.write_run(run, [build.look(100, snapshot=snapshot.digest), build.ended(100)])
    done = _process(_ASK, "verify", run)
    assert json.loads(done.stderr.splitlines()[-1]) == [0, []]
    assert "is sound" in done.stdout


def test_a_command_imports_no_other(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.missed_events())
    others = {"forewarn.cli.inspect", "forewarn.cli.show", "forewarn.lab.cli", "jinja2"}
    code = _ASK.replace("set(HEAVY)", repr(others))
    assert json.loads(_process(code, "verify", run).stderr.splitlines()[-1])[1] == []


def _points(monkeypatch, **values):
    found = [EntryPoint(name, value, GROUP) for name, value in values.items()]
    monkeypatch.setattr("forewarn.cli.app.entry_points", lambda group: found)


def test_help_names_the_plugin_first_the_laboratory_next_and_others_last(monkeypatch):
    _points(monkeypatch, alpha="json:dumps", demo="forewarn.lab.cli.demo:demo", list="json:nothing")
    names = Commands(name="forewarn").list_commands(None)
    assert names == ["list", "show", "report", "acknowledge", "inspect", "replay", "verify", "demo", "alpha"]
    words = CliRunner().invoke(app, ["--help"]).stdout
    panels = [
        words.index(panel) for panel in ("Watch:", "Inspect:", "Verify:", "Laboratory:", "Of other packages")
    ]
    assert panels == sorted(panels)


@pytest.mark.parametrize("value", ["no_such_module_here:run", "json:nothing", "json.decoder:NaN"])
def test_a_broken_command_of_another_package_breaks_itself_alone(monkeypatch, tmp_path, value):
    _points(monkeypatch, broken=value)
    result = CliRunner().invoke(app, ["broken"])
    assert result.exit_code == 2
    assert f"the command 'broken' ({value}) cannot be imported" in result.stderr
    assert "Mend or remove the package" in result.stderr
    assert "Cannot be imported here" in CliRunner().invoke(app, ["--help"]).stdout
    assert CliRunner().invoke(app, ["list", str(tmp_path)]).exit_code == 0


def test_a_module_that_exits_on_import_breaks_itself_alone(monkeypatch, tmp_path):
    (tmp_path / "exits_at_once.py").write_text("raise SystemExit(7)")
    monkeypatch.syspath_prepend(tmp_path)
    _points(monkeypatch, broken="exits_at_once:run")
    result = CliRunner().invoke(app, ["broken"])
    assert result.exit_code == 2 and "SystemExit: 7" in result.stderr


def test_a_fault_of_forewarn_itself_is_not_taken_for_a_verdict():
    code = "import forewarn.cli.app as a\ndef app(): raise ZeroDivisionError('here')\na.app = app\n"
    done = _process(code + "from forewarn.cli import main\nmain()")
    assert done.returncode == 70
    assert "ZeroDivisionError: here" in done.stderr
    assert "not a verdict about any run" in done.stderr


def test_output_survives_a_terminal_that_knows_only_ascii(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.clear_events(), name="Zürich 東京")
    done = _process("from forewarn.cli import main; main()", "show", run, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Z\\xfcrich" in done.stdout


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.strip()) == (0, forewarn.__version__)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_names_exit_codes_examples_and_json(command):
    result = CliRunner().invoke(app, [command, "--help"] if command else ["--help"])
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "0 clear, 1 flagged, 2 usage, 3 integrity failure, 4 unknown" in words
    if command:
        assert f"forewarn {command}" in words
        assert "--json" in words


@pytest.mark.parametrize("arguments", [["nonsense"], ["show"], ["replay", "run", "--step", "x"]])
def test_wrong_usage_exits_with_2(arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert result.stdout == ""
