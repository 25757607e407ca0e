from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.records import Answered, InspectionTrace, Nothing, Offered, Site

SITES = Site(1, 0.5), Site(2, 1.0)
FIRST, SECOND = (Offered("knowledge-gap", site, 2.0) for site in SITES)
FOLLOW_UP = Offered("knowledge-gap/composure", SITES[0], 1.0, "knowledge-gap")


def answered(question):
    return Answered(question, Nothing(question.code, question.site, "all true", 12))


def trace(**changes):
    made = InspectionTrace("Ann", "liar", "e" * 64, 100, 0.5, (FIRST, FOLLOW_UP, SECOND))
    return replace(made, **changes)


def test_it_begins_without_answer_and_word():
    assert (trace().answers, trace().word) == ((), None)
    assert FIRST.after == ""


def test_answers_stand_in_the_order_asked():
    found = trace(answers=(answered(SECOND), answered(FIRST)), word="unsure")
    assert [a.question.site.layer for a in found.answers] == [2, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"who": " "}, "a trace says who asked what; found ' '"),
        ({"snapshot": ""}, "a trace says who asked what; found 'Ann', snapshot ''"),
        ({"known": 1.5}, r"the share of known facts lies in \[0, 1\]; found 1.5"),
        ({"known": float("nan")}, "found nan"),
        ({"word": "guilty"}, "the final word is one of deceptive, honest, unsure; found 'guilty'"),
        ({"answers": (answered(FIRST), answered(FIRST))}, "a trace answers each question once"),
        (
            {"questions": (FIRST,), "answers": (answered(SECOND),)},
            "knowledge-gap at resid2@answer was answered, but",
        ),
        ({"questions": (), "answers": (answered(FIRST),)}, "could not be asked"),
    ],
)
def test_what_does_not_fit_together_cannot_be_built(changes, message):
    with pytest.raises(ValueError, match=message):
        trace(**changes)


@pytest.mark.parametrize(
    "outcome",
    [Nothing("observer", SITES[0], "all true", 12), Nothing("knowledge-gap", SITES[1], "all true", 12)],
)
def test_an_outcome_of_another_question_is_refused(outcome):
    with pytest.raises(ValueError, match=r"knowledge-gap at resid1@answer was asked; found an outcome of"):
        Answered(FIRST, outcome)
