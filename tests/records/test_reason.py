"""Reasons are told apart by their code; their words are for people alone."""

from __future__ import annotations

import pytest

from forewarn.records import Ending, Interval, Reason, ReasonCode, RunEnded, Status, Verdict
from forewarn.records.reason import OUTSIDE, words_of


def reason(code, words="why"):
    return Reason(code, words)


def test_what_lies_outside_is_told_last_and_once():
    found = (
        reason(ReasonCode.TOO_FEW_KNOWN, "3 facts are known"),
        reason(ReasonCode.PROBE_FAILED, "a probe failed"),
        reason(ReasonCode.NEW_EVIDENCE, "it never did"),
    )
    assert words_of(found) == "a probe failed; outside of the calibration: 3 facts are known; it never did"
    assert words_of(()) is None


@pytest.mark.parametrize("code", list(ReasonCode))
def test_a_verdict_is_outside_by_the_code_and_not_by_the_words(code):
    verdict = Verdict(0.2, Interval(0.1, 0.3), (reason(code, "outside of the calibration: said so"),), "c")
    assert verdict.outside is (code in OUTSIDE)
    assert verdict.saving is (code is ReasonCode.SAVING)


def test_saving_beside_another_reason_is_no_saving():
    both = (reason(ReasonCode.SAVING), reason(ReasonCode.TOO_FEW_KNOWN))
    assert not Verdict(None, None, both, "c").saving


def test_a_verdict_without_a_probability_says_why():
    with pytest.raises(ValueError, match="must say why it is unknown"):
        Verdict(None, None, (), "c")


def test_statuses_have_the_numbers_of_the_command_line():
    from forewarn.cli.result import OF_STATUS

    assert {status: status.number for status in Status} == {s: int(code) for s, code in OF_STATUS.items()}


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (None, Ending.FINISHED),
        (RuntimeError, Ending.FAILED),
        (KeyboardInterrupt, Ending.INTERRUPTED),
        (SystemExit, Ending.INTERRUPTED),
    ],
)
def test_how_a_run_ended(error, ending):
    assert Ending.by(error) is ending


def test_an_end_in_words():
    assert RunEnded(3, Status.CLEAR, Ending.FINISHED).why == "finished"
    assert RunEnded(3, Status.CLEAR, Ending.FAILED, "ValueError").why == "failed (ValueError)"
