"""Data-parallel training in two processes on the CPU, each test a script of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forewarn.records import AlarmRaised, LookTaken

HERE = Path(__file__).parent


@pytest.fixture
def train(tmp_path):
    """What each of the two processes told, trained plainly or under a monitor."""

    def run(how):
        script = [sys.executable, HERE / "ddp_script.py", tmp_path, HERE / "small.py", how]
        env = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_PORT": str(20_000 + os.getpid() % 10_000)}
        done = subprocess.run(script, env=env, capture_output=True, text=True, timeout=180, check=False)
        found = [tmp_path / f"{how}-{rank}.json" for rank in (0, 1)]
        assert all(path.exists() for path in found), done.stderr[-2000:]
        return [json.loads(path.read_text()) for path in found]

    return run


def test_watched_and_unwatched_processes_end_alike(train, events, tmp_path):
    plain, watched = train("plain"), train("record")
    assert "end" in plain[0] and plain == watched
    looks = events(tmp_path / "record" / "run", LookTaken)
    assert [(look.step, look.known) for look in looks] == [(2, 12), (4, 12), (6, 12)]


def test_every_process_halts_at_the_same_step_for_the_same_reason(train, events, tmp_path):
    first, second = train("halt")
    assert first == second
    kind, words = first["raised"]
    assert (kind, first["step"]) == ("DeceptionAlarm", 4)
    assert str(tmp_path / "halt" / "run") in words
    assert len(events(tmp_path / "halt" / "run", AlarmRaised)) == 1


def test_a_watch_that_cannot_begin_ends_all_processes(train):
    first, second = train("blind")
    assert first["raised"][0] == "AuditSetError" and second["raised"][0] == "BlindMonitor"
    assert "no tokenizer was found" in first["raised"][1]
    assert "process 0 could not begin its watch: " in second["raised"][1]
    assert first["raised"][1] in second["raised"][1]
