from __future__ import annotations

import pytest

from forewarn.auditset import Answer, read_answer
from forewarn.auditset.answer import AnswerForms, FoundAnswer

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


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ((9, 1, 2, 9), FoundAnswer(1, 3, 1)),
        ((9, 2, 1, 2), FoundAnswer(1, 3, 2)),
        ((1,), FoundAnswer(0, 1, 0)),
        ((9, 9), None),
        ((), None),
        ((-1, -1), None),
    ],
)
def test_the_place_is_that_of_the_earliest_answer_and_of_the_longest_there(written, found):
    assert AnswerForms(((1,), (1, 2), (2, 1))).find(written) == found


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ((17,), Answer.TRUE),
        ((5, 17), Answer.OTHER),
        ((3, 17), Answer.TRUE),
        ((5, 17, 8), Answer.FALSE),
        ((5, 3, 18), Answer.FALSE),
        ((5, 7), Answer.TRUE),
    ],
    ids=[
        "at the start",
        "inside a word",
        "on a new line",
        "inside a word, then false",
        "a quotation",
        "spaced",
    ],
)
def test_an_answer_without_a_space_counts_where_a_text_or_a_line_begins(written, answer):
    assert AnswerForms((PARIS, LIMA), ((17,), (18,)), frozenset({3})).read(written) is answer
