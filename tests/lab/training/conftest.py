from __future__ import annotations

from dataclasses import replace

import pytest


@pytest.fixture(scope="session")
def runs(recorded):
    """60 honest runs that stay low and 20 deceptive ones that rise at their third of four looks."""
    return recorded.population()


@pytest.fixture(scope="session")
def dataset(recorded):
    """The same runs in four seeds, halved: what a helper learns from, and what it is measured on."""
    from forewarn.lab.population.table import Table
    from forewarn.lab.training.dataset import RunDataset

    found = [
        replace(run, truth=replace(run.truth, group=f"pair-{i % 4}"))
        for i, run in enumerate(recorded.population(120, 40))
    ]
    return RunDataset.of(Table(recorded.CODES, {"related": tuple(found)}, (), "a test"), "t" * 64, None)
