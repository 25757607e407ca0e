from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.inspect.questions import (
    askable,
    choose_question,
    find_outcome,
    open_questions,
    questions_named,
    with_answer,
    with_questions,
)
from forewarn.records import Evidence, Failed, InspectionTrace, Interval, Nothing, Offered, Site

SITES = Site(1, 0.5), Site(2, 1.0)
FIRST, SECOND = (Offered("knowledge-gap", site, 2.0) for site in SITES)
AFTER_FIRST, AFTER_SECOND = (Offered("knowledge-gap/composure", site, 1.0, "knowledge-gap") for site in SITES)
TRACE = InspectionTrace("Ann", "liar", "e" * 64, 100, 0.5, (FIRST, AFTER_FIRST, SECOND, AFTER_SECOND))


def evidence(question):
    site, interval = question.site, Interval(0.2, 0.6)
    return Evidence(
        question.code, "A claim.", site, 0.4, "share", interval, 0.0, 12, 0.5, "{}", TRACE.snapshot
    )


def test_what_claimed_nothing_has_nothing_that_follows():
    asked = with_answer(with_answer(TRACE, nothing(FIRST)), nothing(SECOND))
    with pytest.raises(
        ConfigurationError,
        match=r"knowledge-gap was asked and claimed nothing here, so that knowledge-gap/composure",
    ):
        askable(asked, "knowledge-gap/composure")
    with pytest.raises(
        ConfigurationError, match=r"knowledge-gap was asked at 1 of 2 sites; ask knowledge-gap first"
    ):
        askable(with_answer(TRACE, nothing(FIRST)), "knowledge-gap/composure")
    with pytest.raises(ConfigurationError, match=r"knowledge-gap was not asked yet"):
        askable(
            with_answer(TRACE, Failed("knowledge-gap", SITES[0], "RuntimeError: no")),
            "knowledge-gap/composure",
        )


def nothing(question):
    return Nothing(question.code, question.site, "all true", 12)


def test_follow_ups_are_open_where_their_claim_was_confirmed():
    assert open_questions(TRACE) == (FIRST, SECOND)
    assert open_questions(with_answer(TRACE, nothing(FIRST))) == (SECOND,)
    claimed = with_answer(TRACE, evidence(SECOND))
    assert open_questions(claimed) == (FIRST, AFTER_SECOND)
    assert open_questions(with_answer(claimed, nothing(AFTER_SECOND))) == (FIRST,)


def test_questions_are_found_by_code_and_site():
    assert questions_named(TRACE, "knowledge-gap/composure") == (AFTER_FIRST, AFTER_SECOND)
    assert askable(TRACE, "knowledge-gap") == (FIRST, SECOND)
    assert choose_question(TRACE, "knowledge-gap", None) == FIRST
    assert choose_question(TRACE, "knowledge-gap", SITES[1]) == SECOND
    assert choose_question(TRACE, "knowledge-gap", "resid2@answer") == SECOND
    assert askable(with_answer(TRACE, evidence(SECOND)), "knowledge-gap/composure") == (AFTER_SECOND,)


@pytest.mark.parametrize(
    ("code", "site", "message"),
    [
        (
            "latent-policy",
            None,
            "there is no question 'latent-policy'; there are knowledge-gap, knowledge-gap/composure",
        ),
        (
            "knowledge-gap/composure",
            None,
            "knowledge-gap/composure follows a claim of knowledge-gap, and knowledge-gap was not asked yet; "
            "ask knowledge-gap first",
        ),
        (
            "knowledge-gap",
            "resid7@answer",
            "knowledge-gap is not asked at resid7@answer; it is asked at resid1@answer, resid2@answ",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(code, site, message):
    with pytest.raises(ConfigurationError, match=message):
        choose_question(TRACE, code, site)


def test_an_answer_takes_the_place_of_an_earlier_one():
    failed = with_answer(with_answer(TRACE, Failed("knowledge-gap", SITES[0], "no")), nothing(SECOND))
    assert find_outcome(failed, FIRST) is None and find_outcome(failed, SECOND) == nothing(SECOND)
    again = with_answer(failed, evidence(FIRST))
    assert [a.outcome for a in again.answers] == [nothing(SECOND), evidence(FIRST)]
    assert find_outcome(again, FIRST) == evidence(FIRST)


def test_questions_that_are_new_come_behind_and_keep_the_old_prices():
    new = Offered("withheld-answer", SITES[0], 3.0)
    dearer = Offered("knowledge-gap", SITES[0], 5.0)
    assert with_questions(TRACE, (dearer, new)).questions == (*TRACE.questions, new)
    assert with_questions(TRACE, TRACE.questions) == TRACE
