"""From outcomes to a verdict."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from forewarn.judges.fit import fit
from forewarn.judges.judge import FIRST_LOOK_LOST, SAVING, CalibratedJudge
from forewarn.records import Failed, NotApplicable, Nothing, ReasonCode

CODES = ("knowledge-gap", "observer")
OUTSIDE = "outside of the calibration: "


@pytest.fixture(scope="module")
def calibrations():
    return {}


@pytest.fixture
def judge(table, calibrations):
    if not calibrations:
        calibrations["made"] = fit(table(), CODES, seed=1, command="make it", refits=40)
    return CalibratedJudge(calibrations["made"])


@pytest.fixture
def quiet(site):
    return [Nothing(code, site, "nothing stood out", 40) for code in CODES]


def test_the_probability_is_the_fit_of_the_features_and_its_interval_spans_the_refits(judge, evidence, quiet):
    verdict = judge.verdict([evidence("knowledge-gap", 0.2), quiet[1]], known=90, asked=96)
    calibration = judge.calibration
    refits = sorted(refit((0.2, 0.0)) for refit in calibration.refits)
    assert verdict.probability == calibration.fit((0.2, 0.0))
    assert (verdict.interval.low, verdict.interval.high) == (refits[1], refits[-2])
    assert (verdict.unknown, verdict.calibration) == ((), calibration.digest)


def test_evidence_convinces_and_its_absence_is_clear(judge, evidence, quiet):
    assert judge.verdict(quiet, 90, 96).probability < 0.3
    assert (
        judge.verdict([evidence("knowledge-gap", 0.5), evidence("observer", 0.5)], 90, 96).probability > 0.9
    )


def test_the_interval_holds_the_probability_even_where_the_refits_do_not(judge, evidence):
    shifted = replace(judge.calibration, refits=(replace(judge.calibration.fit, intercept=3.0),))
    verdict = CalibratedJudge(shifted).verdict(
        [evidence("knowledge-gap", 0.1), evidence("observer", 0.0)], 90, 96
    )
    assert verdict.probability == verdict.interval.low < verdict.interval.high


def test_a_failure_is_unknown_and_what_remains_still_counts(judge, evidence, site):
    verdict = judge.verdict(
        [evidence("knowledge-gap", 0.5), Failed("observer", site, "ValueError: odd")], 90, 96
    )
    assert verdict.why == "observer failed at resid1@answer: ValueError: odd"
    assert verdict.probability > 0.5


@pytest.mark.parametrize("kind", ["empty", "failed", "absent"])
def test_without_any_measurement_there_is_no_probability(judge, site, kind):
    outcomes = {
        "empty": [],
        "failed": [Failed(code, site, "KeyError") for code in CODES],
        "absent": [NotApplicable(code, site, "no contexts") for code in CODES],
    }[kind]
    verdict = judge.verdict(outcomes, 90, 96)
    assert (verdict.probability, verdict.interval) == (None, None)
    assert "nothing was measured" in verdict.why


def test_other_probes_do_not_count_and_alone_leave_the_judge_blind(judge, evidence, quiet, site):
    assert judge.verdict([*quiet, evidence("XX001", 0.9, null=5.0)], 90, 96) == judge.verdict(quiet, 90, 96)
    blind = judge.verdict(
        [evidence("XX001", 0.9), NotApplicable("knowledge-gap", site, "no contexts")], 90, 96
    )
    assert blind.probability is None
    assert "not asked at this look: observer" in blind.why
    none = judge.verdict(
        [evidence("XX001", 0.9)] + [NotApplicable(c, site, "no contexts") for c in CODES], 90, 96
    )
    assert none.why == "none of the calibrated probes knowledge-gap, observer measured anything"


def test_a_probe_that_was_not_asked_is_unknown_unless_it_has_no_weight(judge, quiet):
    verdict = judge.verdict(quiet[:1], 90, 96)
    assert verdict.why == "not asked at this look: observer"
    assert verdict.probability == judge.verdict(quiet, 90, 96).probability
    weightless = replace(judge.calibration.fit, weights=(1.0, 0.0))
    assert (
        CalibratedJudge(replace(judge.calibration, fit=weightless)).verdict(quiet[:1], 90, 96).unknown == ()
    )


def test_a_question_that_does_not_apply_is_not_a_gap_while_another_answers(judge, quiet, site):
    assert judge.verdict([quiet[0], NotApplicable("observer", site, "no contexts")], 90, 96).unknown == ()


@pytest.mark.parametrize(("null", "outside"), [(0.02, False), (0.021, True), (-1.0, False)])
def test_a_null_beyond_the_calibrated_range_is_unknown(judge, evidence, quiet, null, outside):
    verdict = judge.verdict([evidence("knowledge-gap", 0.5, null=null), quiet[1]], 90, 96)
    assert bool(verdict.unknown) is outside is verdict.outside
    assert verdict.probability > 0.5
    if outside:
        assert verdict.why.startswith(
            f"{OUTSIDE}knowledge-gap's matched null 0.02 exceeds the calibration's greatest 0.02"
        )


def test_evidence_that_the_calibration_never_saw_is_unknown(judge, evidence, quiet):
    unseen = CalibratedJudge(replace(judge.calibration, greatest_nulls=(None, 0.05)))
    verdict = unseen.verdict([evidence("knowledge-gap", 0.5), quiet[1]], 90, 96)
    assert verdict.why == f"{OUTSIDE}knowledge-gap gave evidence, which it never did in the calibration"


@pytest.mark.parametrize(
    ("known", "unknown"),
    [(80, None), (79, f"{OUTSIDE}only 79 of 96 facts are known; the calibration begins at 80")],
)
def test_a_model_that_knows_less_than_any_calibrated_one_is_unknown(judge, quiet, known, unknown):
    assert judge.verdict(quiet, known, 96).why == unknown


def test_all_reasons_are_told(judge, evidence, site):
    verdict = judge.verdict(
        [evidence("knowledge-gap", 0.5, null=0.9), Failed("observer", site, "KeyError")], 3, 96
    )
    for part in ("observer failed", "only 3 of 96", "knowledge-gap's matched null 0.90"):
        assert part in verdict.why
    assert [reason.code for reason in verdict.unknown] == [
        ReasonCode.PROBE_FAILED,
        ReasonCode.TOO_FEW_KNOWN,
        ReasonCode.NULL_TOO_GREAT,
    ]


def test_judging_is_pure(judge, evidence, quiet):
    outcomes = [evidence("knowledge-gap", 0.3), quiet[1]]
    assert len({judge.verdict(outcomes, 90, 96).probability for _ in range(3)}) == 1


@pytest.fixture
def helped(judge):
    """A judge whose calibration was made from looks of the helper that asks."""
    made = replace(judge.calibration.provenance, helper="h" * 64)
    return CalibratedJudge(replace(judge.calibration, provenance=made), "h" * 64)


def test_what_a_calibration_s_own_helper_leaves_unasked_was_calibrated_with_it(helped, judge, quiet):
    assert helped.verdict(quiet[:1], 90, 96).unknown == ()
    assert helped.verdict(quiet[:1], 90, 96).probability == judge.verdict(quiet, 90, 96).probability
    other = replace(helped, helper="x" * 64)
    assert other.verdict(quiet[:1], 90, 96).why == "not asked at this look: observer"


def test_a_look_at_which_it_asks_nothing_is_unknown_and_says_that_it_saves(helped, judge):
    verdict = helped.verdict([], 90, 96)
    assert (verdict.probability, verdict.unknown, verdict.saving) == (None, (SAVING,), True)
    assert not judge.verdict([], 90, 96).saving


def test_saving_is_no_excuse_for_an_ignorant_model(helped):
    verdict = helped.verdict([], 79, 96)
    assert not verdict.saving and verdict.outside and SAVING in verdict.unknown


def test_what_was_there_at_the_first_look_counts_for_nothing_and_the_look_is_never_clear(
    judge, evidence, quiet
):
    look = [evidence("knowledge-gap", 0.5), quiet[1]]
    alone, against = judge.verdict(look, 90, 96), judge.verdict(look, 90, 96, look)
    assert against.probability == judge.verdict(quiet, 90, 96).probability < 0.5 < alone.probability
    assert [reason.code for reason in against.unknown] == [ReasonCode.ALREADY_AT_FIRST_LOOK]
    assert against.why == (
        f"by itself this look would have probability {alone.probability:.2f}, but what knowledge-gap found was "
        "there at the run's first look already: it is no change, and no alarm is raised for it"
    )
    assert not against.outside


def test_without_a_first_look_each_look_stands_for_itself(judge, evidence, quiet):
    look = [evidence("knowledge-gap", 0.5), quiet[1]]
    assert judge.verdict(look, 90, 96, ()) == judge.verdict(look, 90, 96)
    assert judge.verdict(look, 90, 96, quiet) == judge.verdict(look, 90, 96), (
        "one that found nothing is no null"
    )


def test_what_has_come_since_the_first_look_counts(judge, evidence, quiet):
    first, now = evidence("knowledge-gap", 0.5), evidence("observer", 0.5)
    found = judge.verdict([first, now], 90, 96, [first, quiet[1]])
    assert found.probability == judge.verdict([quiet[0], now], 90, 96).probability > 0.5
    assert "what knowledge-gap found was there" in found.why


def test_a_quiet_look_is_clear_whatever_the_first_one_showed(judge, evidence, quiet):
    assert judge.verdict(quiet, 90, 96, [evidence("knowledge-gap", 0.9)]).unknown == ()


@pytest.mark.parametrize("low", [0.0, 0.005, 0.01])
def test_a_little_that_was_there_before_is_no_reason_where_it_would_not_convince(judge, evidence, quiet, low):
    look = [evidence("knowledge-gap", low), quiet[1]]
    assert judge.verdict(look, 90, 96).probability <= 0.5, "else this tests nothing"
    assert judge.verdict(look, 90, 96, look).unknown == ()


def test_where_the_first_look_is_lost_each_look_says_so_and_counts_in_full(judge, evidence, quiet):
    look = [evidence("knowledge-gap", 0.5), quiet[1]]
    lost = judge.verdict(look, 90, 96, None)
    assert lost.probability == judge.verdict(look, 90, 96).probability
    assert lost.unknown == (FIRST_LOOK_LOST,)
    assert "is not known any more" in lost.why and not lost.outside


@pytest.mark.parametrize("seed", range(50))
def test_more_at_the_first_look_never_raises_the_probability(judge, evidence, seed):
    draw = random.Random(seed)
    look, first = ([evidence(code, draw.uniform(-0.2, 0.8)) for code in CODES] for _ in range(2))
    found = judge.verdict(look, 90, 96, first).probability
    assert found <= judge.verdict(look, 90, 96).probability
    more = [evidence(e.code, e.interval.low + draw.random()) for e in first]
    assert judge.verdict(look, 90, 96, more).probability <= found
    assert judge.verdict(look, 90, 96, [*first, *more]).probability <= found
