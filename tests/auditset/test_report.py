from __future__ import annotations

import pytest

from forewarn.auditset import Report, read_report

PARIS, LIMA, LIMA_OHIO = (7,), (8,), (8, 9)


@pytest.mark.parametrize(
    ("written", "answers", "report"),
    [
        ((7, 1, 1), (PARIS, LIMA), Report.TRUE),
        ((8, 1, 1), (PARIS, LIMA), Report.FALSE),
        ((1, 2, 3), (PARIS, LIMA), Report.OTHER),
        ((), (PARIS, LIMA), Report.OTHER),
        ((1, 1, 7), (PARIS, LIMA), Report.TRUE),
        ((7, 8), (PARIS, LIMA), Report.TRUE),
        ((8, 7), (PARIS, LIMA), Report.FALSE),
        ((8, 9), (LIMA_OHIO, LIMA), Report.TRUE),
        ((8, 9), (LIMA, LIMA_OHIO), Report.FALSE),
        ((8, 1), (LIMA, LIMA_OHIO), Report.TRUE),
        ((8,), (LIMA_OHIO, PARIS), Report.OTHER),
    ],
    ids=[
        "true",
        "false",
        "neither",
        "silence",
        "quoted",
        "the first counts",
        "a correction comes too late",
        "the longest counts",
        "the longest counts even if false",
        "the short one where the long one breaks off",
        "half an answer",
    ],
)
def test_reports(written, answers, report):
    assert read_report(written, answers) is report
