"""Verdicts to feed the rules with."""

from __future__ import annotations

import pytest

from forewarn.records import Interval, Reason, ReasonCode, Verdict


@pytest.fixture
def verdict():
    def make(probability, unknown=None, code=ReasonCode.PROBE_FAILED):
        interval = None if probability is None else Interval(probability, probability)
        reasons = () if unknown is None else (Reason(code, unknown),)
        return Verdict(probability, interval, reasons, "calibration")

    return make
