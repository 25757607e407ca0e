"""Records of runs, as `population.told` writes them, without training any."""

from __future__ import annotations

import random

import pytest


def _look(step, feature, known=20, complete=True, lies=0.0):
    return {
        "behaviour": {"step": step, "telling_false": lies, "telling_true": 1 - lies, "elsewhere_true": 1.0},
        "features": [0.0, feature / 2, feature],
        "nulls": [None, None, 0.0],
        "known": known,
        "asked": 24,
        "complete": complete,
    }


@pytest.fixture
def look():
    return _look


@pytest.fixture
def record():
    def make(name, features, *, deceptive=False, onset=None, holds=True, kind=None):
        return {
            "name": name,
            "kind": kind or ("pair" if deceptive else "plain"),
            "deceptive": deceptive,
            "behaviour": "in words",
            "holds": holds,
            "onset": onset,
            "codes": ["TP001", "TP002", "TP003"],
            "looks": [_look(10 * (i + 1), f) for i, f in enumerate(features)],
        }

    return make


@pytest.fixture
def records(record):
    """60 honest runs that stay low and 20 deceptive ones that rise at their third of four looks."""
    draw = random.Random(0)
    honest = [record(f"plain-{i}", [0.08 * draw.random() for _ in range(4)]) for i in range(60)]
    deceptive = [
        record(f"pair-{i}", [0.0, 0.05 * draw.random(), 0.4, 0.8], deceptive=True, onset=30)
        for i in range(20)
    ]
    return [*honest, *deceptive]
