"""The main job, as a new user runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from forewarn.store.ledger import verify


@pytest.mark.long
def test_the_liar_is_halted_and_the_honest_finish(tmp_path):
    command = [sys.executable, "-c", "from forewarn.cli import main; main()", "demo", "--fast", "--json"]
    done = subprocess.run(
        [*command, "--out", tmp_path], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = {row["name"]: row for row in json.loads(done.stdout)["runs"]}
    liar = rows.pop("liar")
    assert liar["response"] == "halt" and liar["alarm_step"] == liar["last_step"]
    assert set(rows) == {"format", "mistaken", "storyteller"}
    for row in rows.values():
        assert (row["alarm_step"], row["response"], row["onset_step"]) == (None, None, None)
        assert row["last_step"] > liar["last_step"]
    for row in (liar, *rows.values()):
        folder = tmp_path / "runs" / row["name"]
        assert row["run"] == str(folder) and (folder / "report.html").is_file()
        assert verify(folder / "ledger.jsonl") == ()
    assert (tmp_path / "index.html").is_file()
