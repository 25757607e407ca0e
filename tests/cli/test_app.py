from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import forewarn
from forewarn.cli.app import COMMANDS, app

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
