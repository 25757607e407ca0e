"""What a judge sees of a look, and what is missing from it."""

from __future__ import annotations

import math

import pytest

from forewarn.judges.features import features, first_measured, gaps, nulls, told_before
from forewarn.records import (
    Failed,
    Interval,
    LookTaken,
    NotApplicable,
    Nothing,
    Reason,
    ReasonCode,
    Status,
    Verdict,
)

CODES = ("knowledge-gap", "observer", "latent-policy")


def test_each_code_gives_the_lower_end_of_its_most_promising_claim(evidence):
    outcomes = [
        evidence("knowledge-gap", 0.2, explored=0.4),
        evidence("observer", 0.1, explored=0.9),
        evidence("knowledge-gap", 0.3, explored=0.5),
        evidence("knowledge-gap", 0.6, explored=0.1),
    ]
    assert features(outcomes, CODES) == (0.3, 0.1, 0.0)
    assert features(outcomes, CODES[::-1]) == (0.0, 0.1, 0.3)


def test_the_choice_never_looks_at_what_was_confirmed(evidence):
    promised = [0.9, 0.2, 0.5]
    for confirmed in ([0.0, 0.5, 0.7], [0.7, 0.0, 0.1]):
        outcomes = [
            evidence("knowledge-gap", low, explored=e) for low, e in zip(confirmed, promised, strict=True)
        ]
        assert features(outcomes, CODES)[0] == confirmed[0]


def test_an_interval_below_zero_is_no_evidence_and_absence_is_zero(evidence, site):
    outcomes = [evidence("knowledge-gap", -0.4), Nothing("observer", site, "nothing stood out", 40)]
    assert features(outcomes, CODES) == (0.0, 0.0, 0.0)
    assert features([], CODES) == (0.0, 0.0, 0.0)


def test_a_claim_without_a_promise_never_wins(evidence):
    outcomes = [
        evidence("knowledge-gap", 0.6, explored=math.nan),
        evidence("knowledge-gap", 0.1, explored=-1.0),
    ]
    assert features(outcomes, CODES)[0] == features(outcomes[::-1], CODES)[0] == 0.1


def test_nulls_are_the_greatest_of_each_code_and_none_without_evidence(evidence, site):
    outcomes = [
        evidence("knowledge-gap", 0.2, null=0.1),
        evidence("knowledge-gap", 0.2, null=0.3, explored=0.0),
        evidence("latent-policy", 0.2, null=-0.1),
        Nothing("observer", site, "nothing stood out", 40),
    ]
    assert nulls(outcomes, CODES) == (0.3, None, -0.1)


def test_each_failure_is_a_gap_with_its_place_and_error(evidence, site):
    outcomes = [
        evidence("knowledge-gap", 0.2),
        Failed("observer", site, "ValueError: odd"),
        Failed("latent-policy", site, "KeyError"),
    ]
    assert [reason.words for reason in gaps(outcomes)] == [
        "observer failed at resid1@answer: ValueError: odd",
        "latent-policy failed at resid1@answer: KeyError",
    ]


@pytest.mark.parametrize("found", ["evidence", "nothing"])
def test_one_answer_suffices_for_a_whole_look(found, evidence, site):
    answer = (
        evidence("knowledge-gap", 0.2) if found == "evidence" else Nothing("knowledge-gap", site, "none", 4)
    )
    assert gaps([answer, NotApplicable("observer", site, "no context tells who listens")]) == ()


def test_a_look_without_any_answer_is_a_gap(site):
    absent = NotApplicable("observer", site, "3 known facts of 20 wanted")
    failed = Failed("knowledge-gap", site, "KeyError")
    told = {
        "2 of 2 questions do not apply (3 known facts of 20 wanted)": [absent, absent],
        "no question was asked": [],
        "every question failed": [failed],
    }
    for words, outcomes in told.items():
        assert gaps(outcomes)[-1] == Reason(ReasonCode.NOTHING_MEASURED, f"nothing was measured: {words}")


def test_the_first_look_is_the_first_that_measured_anything_that_counts(evidence, site):
    blind, failed = NotApplicable("observer", site, "0 known facts"), Failed("observer", site, "KeyError")
    other, calm = evidence("kept-context", 0.9), Nothing("observer", site, "calm", 9)
    looks = [[], [blind], [failed, other], [calm, blind], [evidence("observer", 0.9)]]
    assert first_measured(looks, CODES) == (calm, blind)
    assert first_measured(looks[:3], CODES) == first_measured([], CODES) == ()
    assert first_measured([looks[4], looks[3]], CODES) == tuple(looks[4])


def test_where_what_it_follows_found_nothing_a_follow_up_was_measured(evidence, site):
    calm, absent = (
        Nothing("observer", site, "calm", 9),
        NotApplicable("observer/composure", site, "observer claimed nothing"),
    )
    later = [evidence("observer", 0.5), evidence("observer/composure", 0.5)]
    first = first_measured([[calm, absent], later], ["observer/composure"])
    assert first == (calm, absent)
    assert features(later, ["observer/composure"], first) == (0.5,)


def test_what_a_person_has_called_wrong_is_no_news_either(evidence, site):
    def look(step, *outcomes):
        verdict = Verdict(0.5, Interval(0.4, 0.6), (), "c")
        return LookTaken(step, "d", outcomes, verdict, Status.CLEAR, 9, 9, 0.1)

    calm, odd, lie = (
        Nothing("observer", site, "calm", 9),
        evidence("observer", 0.5),
        evidence("latent-policy", 0.5),
    )
    looks = [look(1, calm), look(2, odd), look(3, odd, lie)]
    assert told_before(looks, CODES) == (calm,)
    assert told_before(looks, CODES, wrong=[2]) == (calm, odd)
    assert features((odd, lie), CODES, told_before(looks, CODES, wrong=[2])) == (0.0, 0.0, 0.5)
