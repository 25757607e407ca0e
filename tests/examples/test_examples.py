"""Each example runs as a user would run it, and leaves a run that reads, verifies and is measured again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run_example(tmp_path):
    """The run's folder, of the one that the last line of the output names."""

    def run(name):
        command = [sys.executable, "-W", "ignore", EXAMPLES / f"{name}.py", tmp_path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return Path(done.stdout.strip().splitlines()[-1].rsplit(" ", 1)[1])

    return run


def _forewarn(*arguments):
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


OWN = "own_property"


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != OWN))
def test_an_example_trains_an_honest_model_under_watch(name, run_example, monkeypatch):
    run = run_example(name)
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, shown = _forewarn("show", run)
    assert code == 0, shown
    assert _forewarn("verify", run)[0] == 0
    model = ["--model", f"{name}:GPT"] if name == "lightning_own_decoder" else []
    code, measured = _forewarn("replay", run, *model)
    assert code == 0 and all(each["same"] for each in measured["replayed"])


@pytest.mark.long
def test_a_helper_that_was_trained_for_a_property_of_one_s_own_finds_it_in_a_fresh_run(run_example):
    run = run_example(OWN)
    code, shown = _forewarn("show", run)
    assert (code, shown["status"]) == (1, "flagged"), shown["why"]
    assert {claim["code"] for claim in shown["evidence"]} == {"favourite-answer"}
    assert _forewarn("verify", run)[0] == 0
    code, fair = _forewarn("show", run.with_name("fair"))
    assert (code, fair["status"]) == (0, "clear"), fair["why"]
    assert shown["helper"]["digest"] == fair["helper"]["digest"] == shown["promise"]["helper"]
    measured = _forewarn("replay", run)[1]
    assert {each["why"] for each in measured["replayed"]} == {
        "favourite-answer is not installed here; give its probe by its import path, package.module:Class"
    }
