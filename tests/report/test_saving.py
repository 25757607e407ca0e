"""Looks at which the helper saved: unknown, said to be so, and no reason to doubt the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.judges.judge import SAVING
from forewarn.records import Reason, ReasonCode, Status
from forewarn.report.caveats import caveats
from forewarn.report.looks import State, looks_of
from forewarn.report.page import PageContent, page
from forewarn.report.sentences import reach_words
from forewarn.report.standing import standing


@pytest.fixture
def saving(build):
    """A look at which nothing was asked."""

    def at(step, unknown=SAVING):
        taken = build.look(step, None, outcomes=[], unknown=unknown, status=Status.UNKNOWN)
        return replace(taken, outcomes=())

    return at


def test_a_look_that_saved_is_unknown_and_the_run_stands_where_it_stood(build, saving):
    looks = looks_of([build.look(100, 0.03), saving(200)])
    assert [look.state for look in looks] == [State.CLEAR, State.UNKNOWN] and looks[1].saving
    assert standing(looks, (), (), None).status is Status.CLEAR
    assert standing(looks, (), (), None).why.startswith("1 of 2 looks could tell")


def test_a_run_that_only_saved_is_unknown(saving):
    said = standing(looks_of([saving(100), saving(200)]), (), (), None)
    assert said.status is Status.UNKNOWN and "None of 2 looks could tell" in said.why


def test_a_doubt_before_saving_remains_a_doubt(build, saving):
    said = standing(looks_of([build.look(100), build.ignorant(200), saving(300)]), (), (), None)
    assert said.status is Status.UNKNOWN and "at step 200, could not tell" in said.why


def test_the_report_counts_them_and_does_not_call_them_unable(build, saving, tmp_path):
    summary = build.summary_of(tmp_path, [build.look(100), saving(200), build.look(300)])
    told = caveats(summary)
    assert any(line.startswith("1 look asked nothing, at step 200: the helper saved") for line in told)
    assert not any("could not tell" in line for line in told)
    assert SAVING.words in page(PageContent(summary, tmp_path))


def test_whether_a_run_lies_outside_of_the_calibration_is_said(build, saving):
    assert reach_words(()).startswith("No look was taken")
    inside = looks_of([build.look(100), saving(200)])
    assert reach_words(inside) == "No look lies outside of what the calibration was made from."
    ignorant = Reason(ReasonCode.TOO_FEW_KNOWN, "only 3 of 48 facts are known")
    outside = looks_of([build.look(100), saving(200, ignorant)])
    assert reach_words(outside).startswith(
        "1 look lies outside of what the calibration was made from, at step 200"
    )


def test_the_page_names_calibration_helper_and_whose_runs_the_promise_rests_on(build, tmp_path):
    values = build.manifest_values()
    promise = values["calibration"] | {"helper": "d" * 64, "promise_from": "own runs"}
    helper = {"name": "waits", "digest": "d" * 64, "probes": []}
    text = page(build.content_of(tmp_path, [build.look(100)], calibration=promise, helper=helper))
    for words in (
        build.CALIBRATION,
        "the threshold from own runs",
        "Asked by the helper waits",
        "from whose looks the calibration was made",
        "No look lies outside",
    ):
        assert words in text
    assert "not from runs of this model" not in text
