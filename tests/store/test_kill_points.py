"""The sweep of `benchmarks/faults.py` over all file operations; tests of single files see parts of it only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.long
def test_a_run_that_is_killed_at_any_file_operation_goes_on_soundly() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "faults_parts" / "kill_points.py"), "--quick"],
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["tried"] > 500 and found["held"] == found["tried"], done.stderr
