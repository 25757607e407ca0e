"""What a judge sees of a look, and what is missing from it."""

from __future__ import annotations

import math

import pytest

from forewarn.judges.features import features, gaps, nulls
from forewarn.records import Failed, NotApplicable, Nothing, Reason, ReasonCode

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
