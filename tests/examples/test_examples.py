"""Each example runs as a user would run it, and leaves a run that reads, verifies and is measured again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run_example(tmp_path):
    """The run's folder, of the one that the last line of the output names."""

    def run(name):
        done = _python([EXAMPLES / f"{name}.py", tmp_path])
        assert done.returncode == 0, done.stderr[-2000:]
        return Path(done.stdout.strip().splitlines()[-1].rsplit(" ", 1)[1])

    return run


def _python(arguments, folder=None):
    command = [sys.executable, "-W", "ignore", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def _forewarn(*arguments, folder=None):
    done = _python(["-c", "from forewarn.cli import main; main()", *arguments, "--json"], folder)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_an_example_trains_an_honest_model_under_watch(name, run_example):
    run = run_example(name)
    code, shown = _forewarn("show", run)
    assert code == 0, shown
    assert _forewarn("verify", run)[0] == 0
    model = ["--model", f"{name}:GPT"] if name == "lightning_own_decoder" else []
    code, measured = _forewarn("replay", run, *model, folder=EXAMPLES)
    assert code == 0 and all(each["same"] for each in measured["replayed"])
