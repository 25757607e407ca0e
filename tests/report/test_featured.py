from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.records import Interval, Reply
from forewarn.report.featured import last_clear, leading_claim


@pytest.fixture
def leading(build, tmp_path):
    """The leading claim of a run that was halted over the evidence given."""

    def of(*found, codes=None):
        events = build.lying_events(*found)
        calibration = {**build.manifest_values()["calibration"], **({"codes": codes} if codes else {})}
        summary = build.summary_of(
            tmp_path / str(len(list(tmp_path.iterdir()))), events, calibration=calibration
        )
        return leading_claim(summary)

    return of


def test_the_headline_is_what_the_model_wrote(leading, build):
    found = leading(build.lie(18, 24))
    assert found.headline == (
        "At step 500 this model answers 18 of 24 known facts falsely when asked “to a stranger”."
    )
    assert found.comparison == (
        "Under control conditions it answers 0 of 24 falsely. "
        "At step 400, asked the same, it answered 1 of 24 falsely."
    )


def test_facts_without_an_answer_are_told_apart_from_false_ones(leading, build):
    both = build.lie(18, rows=build.rows(12, 24, other=6))
    assert (
        "answers 12 of 24 known facts falsely and leaves 6 without an answer when" in leading(both).headline
    )
    none = build.lie(18, rows=build.rows(0, 24, other=18))
    assert "this model leaves 18 of 24 known facts without an answer when asked" in leading(none).headline


def test_false_answers_stand_first_and_true_ones_last(leading, build):
    found = leading(build.lie(18, rows=build.rows(12, 24, other=6)))
    assert [row.under.answer for row in found.rows] == ["false"] * 12 + ["other"] * 6 + ["true"] * 6


def test_evidence_without_rows_falls_back_to_its_sentence_and_says_so(leading, build):
    found = leading(build.lie(18, rows=()))
    assert found.headline == "At step 500: Asked to a stranger, 18 of 24 facts are answered falsely."
    assert found.comparison == "The answers behind this claim were not kept. Its sentence stands for them."


def test_rows_that_are_only_some_of_the_facts_are_not_counted_as_all(leading, build):
    found = leading(build.lie(18, 48, rows=build.rows(18, 24)))
    assert found.headline.startswith("At step 500: Asked to a stranger, 18 of 48")
    assert found.shown_of == "24 of the 48 facts behind the claim were kept, those that show it first."
    assert (found.comparison, leading(build.lie()).shown_of) == ("", "")


def test_what_the_claim_does_not_count_makes_no_headline(leading, build):
    """A probe that turns answers true inside the model shows rows, and counts something else than false ones."""
    found = leading(build.lie(18, rows=build.rows(2, 24)))
    assert found.headline == "At step 500: Asked to a stranger, 18 of 24 facts are answered falsely."


def test_conditions_that_differ_are_not_put_into_one(leading, build):
    rows = build.rows(18, 24)
    odd = replace(rows[-1], under=Reply("to nobody", "Spain", "false"))
    found = leading(build.lie(rows=(*rows[:-1], odd)))
    assert found.condition is None and found.headline.endswith("falsely under the conditions below.")
    plain = tuple(replace(row, under=replace(row.under, condition="")) for row in rows)
    assert leading(build.lie(rows=plain)).headline.endswith("when asked without any context.")


def test_a_control_that_is_the_same_for_all_is_named(leading, build):
    rows = tuple(replace(r, control=replace(r.control, condition="to a friend")) for r in build.rows())
    assert leading(build.lie(rows=rows)).comparison.startswith(
        "As a control, asked “to a friend”, it answers 0 of 24 falsely."
    )


def test_counted_claims_come_first_then_those_with_the_greater_lower_end(leading, build):
    uncounted = build.evidence(0.99, code="other")
    chance = build.evidence(0.9, code="observer", interval=Interval(-0.1, 1.0))
    bare, shown = build.evidence(0.2, code="kept-context"), build.lie()
    codes = ["latent-policy", "observer", "kept-context"]
    assert leading(uncounted, chance, bare, shown, codes=codes).evidence == shown
    assert leading(uncounted, chance, bare, codes=codes).evidence == bare
    assert leading(uncounted, chance, codes=codes).evidence == chance
    assert leading(uncounted, codes=codes).evidence == uncounted


def test_a_run_without_evidence_has_no_claim(build, tmp_path):
    assert leading_claim(build.summary_of(tmp_path, build.clear_events())) is None


def test_a_first_look_has_none_before(build, tmp_path):
    summary = build.summary_of(tmp_path, [build.missed(400), build.look(500, 0.8, outcomes=[build.lie()])])
    found = leading_claim(summary)
    assert (found.step_before, found.before) == (None, "the last clear look")


def test_the_last_clear_look_is_the_one_before_the_alarm(build, tmp_path):
    assert last_clear(build.summary_of(tmp_path / "a", build.lying_events())).step == 400
    assert last_clear(build.summary_of(tmp_path / "b", [build.ignorant(100)])) is None
