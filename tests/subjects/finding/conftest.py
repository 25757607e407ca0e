"""The constructions of `kinds.py`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_NAME = "forewarn_test_kinds"
if _NAME not in sys.modules:
    _spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("kinds.py"))
    sys.modules[_NAME] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_NAME])


def pytest_generate_tests(metafunc):
    """A test that asks for `make_kind` runs once for each construction, every second one in `check-long`."""
    if "make_kind" in metafunc.fixturenames:
        made = sys.modules[_NAME].KINDS
        marks = [pytest.mark.long if i % 2 else () for i in range(len(made))]
        each = [pytest.param(m, id=m.__name__, marks=k) for m, k in zip(made, marks, strict=True)]
        metafunc.parametrize("make_kind", each)
