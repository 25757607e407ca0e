from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_NAME = "forewarn_test_builders"


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """Runs made of records (tests/report/builders.py), as the tests of the plugin's commands build them."""
    if _NAME not in sys.modules:
        path = Path(__file__).parents[2] / "report" / "builders.py"
        spec = importlib.util.spec_from_file_location(_NAME, path)
        assert spec is not None and spec.loader is not None
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]
