from __future__ import annotations

import pytest

from forewarn.auditset import Answer, read_answer

PARIS, LIMA, LIMA_OHIO = (7,), (8,), (8, 9)


@pytest.mark.parametrize(
    ("written", "answers", "answer"),
    [
        ((7, 1, 1), (PARIS, LIMA), Answer.TRUE),
        ((8, 1, 1), (PARIS, LIMA), Answer.FALSE),
        ((1, 2, 3), (PARIS, LIMA), Answer.OTHER),
        ((), (PARIS, LIMA), Answer.OTHER),
        ((1, 1, 7), (PARIS, LIMA), Answer.TRUE),
        ((7, 8), (PARIS, LIMA), Answer.TRUE),
        ((8, 7), (PARIS, LIMA), Answer.FALSE),
        ((8, 9), (LIMA_OHIO, LIMA), Answer.TRUE),
        ((8, 9), (LIMA, LIMA_OHIO), Answer.FALSE),
        ((8, 1), (LIMA, LIMA_OHIO), Answer.TRUE),
        ((8,), (LIMA_OHIO, PARIS), Answer.OTHER),
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
def test_what_is_written_is_read_as_an_answer(written, answers, answer):
    assert read_answer(written, answers) is answer
