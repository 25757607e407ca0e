"""Data-parallel training in two processes on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forewarn.records import AlarmRaised, LookTaken

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the two processes left; one script for all, since starting it takes longest."""
    folder = tmp_path_factory.mktemp("ddp")
    script = [sys.executable, HERE / "ddp_script.py", folder, HERE / "small.py"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_PORT": str(20_000 + os.getpid() % 10_000)}
    done = subprocess.run(script, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture
def told(folder):
    """What each process told of a run."""
    return lambda how: [json.loads((folder / f"{how}-{rank}.json").read_text()) for rank in (0, 1)]


def test_watched_and_unwatched_processes_end_alike(told, folder, events):
    plain, watched = told("plain"), told("record")
    assert "end" in plain[0] and plain == watched
    looks = events(folder / "record" / "run", LookTaken)
    assert [(look.step, look.known) for look in looks] == [(0, 12), (2, 12), (4, 12), (6, 12)]


def test_every_process_halts_at_the_same_step_for_the_same_reason(told, folder, events):
    first, second = told("halt")
    assert first == second
    kind, words = first["raised"]
    assert (kind, first["step"]) == ("DeceptionAlarm", 4)
    assert str(folder / "halt" / "run") in words
    assert len(events(folder / "halt" / "run", AlarmRaised)) == 1


def test_a_watch_that_cannot_begin_ends_all_processes(told):
    first, second = told("blind")
    assert first["raised"][0] == "AuditSetError" and second["raised"][0] == "BlindMonitor"
    assert "no tokenizer was found" in first["raised"][1]
    assert "process 0 could not begin its watch: " in second["raised"][1]
    assert first["raised"][1] in second["raised"][1]
