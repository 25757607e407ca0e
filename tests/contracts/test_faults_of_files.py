"""Hostile inputs and flipped bytes, as `benchmarks/faults.py` tries them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.long
@pytest.mark.parametrize("part", ["hostile", "flips"])
def test_no_fault_of_a_file_does_harm(part, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    found = import_module(f"faults_parts.{part}").run(True)
    assert found.broken == ()
    assert found.held == found.tried > 100
