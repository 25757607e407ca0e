"""What is looked at is what is trained, or it is refused; and training ends in the same bits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def matrix(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from faults_parts import matrix

    return matrix


CELLS = (
    ("bare", "hook", "float32", "Watch"),
    ("weak", "forward", "bfloat16", "Trainer"),
    ("hidden", "none", "autocast", "Watch"),
    ("steered", "listed", "float32", "Watch"),
)


@pytest.mark.parametrize("cell", CELLS, ids=" ".join)
def test_a_few_cells(matrix, cell):
    assert matrix.fault_of(matrix.Cell(*cell)) is None


def test_a_cell_can_fail(matrix, monkeypatch):
    monkeypatch.setattr(matrix, "_tolerance", lambda cell: -1.0)
    assert "the look differs by" in matrix.fault_of(matrix.Cell("bare", "none", "float32", "Watch"))


def test_every_row_and_column_is_met(matrix):
    met = [
        {getattr(cell, axis) for cell in matrix.cells(quick=True)} for axis in ("wrapping", "adapter", "door")
    ]
    assert met == [set(matrix.WRAPPINGS), set(matrix.ADAPTERS), set(matrix.DOORS)]
    assert len(list(matrix.cells(quick=False))) >= 150


@pytest.mark.long
def test_the_matrix(matrix):
    tally = matrix.run(quick=False)
    assert tally.broken == ()
    assert tally.held == tally.tried >= 150


@pytest.mark.long
def test_the_command_prints_figures():
    told = subprocess.run(
        [sys.executable, str(BENCHMARKS / "faults.py"), "--quick", "--json", "--part", "matrix"],
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(told.stdout)["matrix"]
    assert figures["tried"] == figures["held"] > 20
