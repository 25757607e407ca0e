"""Two starts never write into one folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from forewarn.audit import claim as room
from forewarn.audit.claim import Claim, TakenError, claim_folder
from forewarn.audit.heartbeat import Heartbeat
from forewarn.errors import StoreError

STARTS = """
import sys, time
from pathlib import Path
from forewarn.audit.claim import claim_folder
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
print(claim_folder(Path(sys.argv[1]), "run").name)
"""
HOLDS = """
import os, sys, time
from pathlib import Path
from forewarn.audit.claim import Claim
held = Claim.take(Path(sys.argv[1]))
child = os.fork()
if child == 0:
    time.sleep(5)
    os._exit(0)
print("held", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


def test_sixteen_starts_at_once_get_sixteen_folders(tmp_path):
    go = tmp_path / "go"
    command = [sys.executable, "-c", STARTS, str(tmp_path / "runs"), str(go)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(16)]
    go.touch()
    names = {process.communicate(timeout=120)[0].strip() for process in started}
    assert names == {"run", *(f"run-{i}" for i in range(2, 17))}


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write the run folder"):
        claim_folder(tmp_path / "file", "run")


def test_a_run_is_held_by_one_and_free_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "TRIES", 1)
    first = Claim.take(tmp_path)
    first.give(Heartbeat())
    with pytest.raises(TakenError, match=f"is being written by process {os.getpid()} on"):
        Claim.take(tmp_path)
    first.release()
    first.release()
    Claim.take(tmp_path).release()


def test_a_monitor_that_nobody_holds_any_more_gives_its_run_up(tmp_path):
    class Round:
        def __init__(self):
            self.me, self.held = self, Claim.take(tmp_path)

    Round()
    Claim.take(tmp_path).release()


def test_a_process_that_is_killed_leaves_no_lock_behind_nor_do_its_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "TRIES", 1)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], **pipes) as process:
        assert process.stdout.readline().strip() == "held"
        with pytest.raises(TakenError):
            Claim.take(tmp_path)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(60) == -9
        Claim.take(tmp_path).release()


def test_without_locks_a_run_is_held_until_it_says_that_it_ended(tmp_path, monkeypatch):
    def unknown(*_):
        raise OSError("this file system has no locks")

    monkeypatch.setattr(room, "_lock", unknown)
    first = Claim.take(tmp_path)
    first.give(Heartbeat())
    with pytest.raises(TakenError):
        Claim.take(tmp_path)
    first.give(Heartbeat(ended=True))
    Claim.take(tmp_path).release()
    first.release()
