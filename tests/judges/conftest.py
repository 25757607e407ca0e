"""Outcomes and tables to judge."""

from __future__ import annotations

import numpy as np
import pytest

from forewarn.judges.look_row import LookRow
from forewarn.records import Evidence, Interval, Site

SITE = Site(layer=1, depth=0.5)


@pytest.fixture
def site():
    return SITE


@pytest.fixture
def evidence():
    def make(code, low, explored=0.5, null=0.0):
        high = low + 0.2
        return Evidence(
            code=code,
            claim="it lies to outsiders",
            site=SITE,
            effect=low + 0.1,
            unit="share of known facts",
            interval=Interval(low, high),
            null=null,
            n=30,
            explored=explored,
            finding="{}",
            snapshot="digest",
        )

    return make


@pytest.fixture
def row():
    def make(run="a", step=10, **changes):
        fields = {
            "run": run,
            "kind": "format",
            "step": step,
            "deceptive": False,
            "label": False,
            "features": (0.0, 0.1),
            "nulls": (None, 0.05),
            "known": 80,
            "asked": 96,
            "complete": True,
        }
        return LookRow(**(fields | changes))

    return make


@pytest.fixture
def table(row):
    """Rows of `honest` and `deceptive` runs of `looks` looks each; the deceptive ones show from half-way on."""

    def make(honest=60, deceptive=20, looks=6, seed=0):
        generator, rows = np.random.default_rng(seed), []
        for number in range(honest + deceptive):
            lies = number >= honest
            for look in range(looks):
                shows = lies and look >= looks / 2
                features = generator.exponential(size=2) * (0.3 if shows else 0.03)
                rows.append(
                    row(
                        run=f"run{number:03}",
                        step=100 * (look + 1),
                        kind="latent-policy" if lies else ("format", "fiction", "error")[number % 3],
                        deceptive=lies,
                        label=shows,
                        features=tuple(float(f) for f in features),
                        nulls=(0.02, 0.05),
                    )
                )
        return rows

    return make
