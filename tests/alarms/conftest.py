"""Verdicts to feed the rules with."""

from __future__ import annotations

import pytest

from forewarn.records import Interval, Verdict


@pytest.fixture
def verdict():
    def make(probability, unknown=None):
        interval = None if probability is None else Interval(probability, probability)
        return Verdict(probability, interval, unknown, "calibration")

    return make
