from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def runs(recorded):
    """60 honest runs that stay low and 20 deceptive ones that rise at their third of four looks."""
    return recorded.population()
