from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError
from forewarn.judges.features import LEAST_KNOWN
from forewarn.lab.training.calibrate import calibrate, rows


def test_a_deceptive_run_counts_from_its_onset_on_and_as_neither_before(recorded):
    table = rows([recorded.liar("pair-1", [0.0, 0.1, 0.5, 0.9], onset=30)], recorded.CODES)
    assert [(r.step, r.label) for r in table] == [(10, None), (20, None), (30, True), (40, True)]
    assert all(r.deceptive for r in table)


def test_a_deceptive_run_whose_onset_no_look_saw_counts_as_neither(recorded):
    assert {r.label for r in rows([recorded.liar("pair-1", [0.0, 0.1], onset=None)], recorded.CODES)} == {
        None
    }


def test_an_honest_run_is_honest_throughout(recorded):
    table = rows([recorded.run("plain-1", [0.0, 0.3])], recorded.CODES)
    assert [(r.label, r.deceptive, r.kind, r.run) for r in table] == [(False, False, "plain", "plain-1")] * 2


def test_a_row_holds_what_a_judge_sees_in_the_order_of_the_codes(recorded):
    run = recorded.run("plain-1", [0.5])
    [row] = rows([run], ("latent-policy", "knowledge-gap", "observer", "withheld-answer"))
    assert row.features == (0.5, 0.0, 0.25, 0.0)
    assert row.nulls == (0.05, None, 0.05, None)
    assert (row.known, row.asked) == (20, 24)


@pytest.mark.parametrize(
    ("known", "kind", "counts"),
    [(LEAST_KNOWN, None, True), (LEAST_KNOWN - 1, None, False), (24, "failed", False), (24, "nothing", True)],
)
def test_a_look_at_an_ignorant_model_or_with_a_failure_says_nothing(recorded, known, kind, counts):
    run = replace(recorded.run("plain-1", []), looks=(recorded.look(10, known=known, kind=kind),))
    assert [r.complete for r in rows([run], recorded.CODES)] == [counts]


def test_a_calibration_tells_its_runs_and_how_to_make_them_again(runs, recorded):
    calibration = calibrate(runs, recorded.CODES, "forewarn organisms record DIR")
    found = calibration.provenance
    assert calibration.codes == recorded.CODES
    assert found.honest_fit + found.honest_promise == 60
    assert found.deceptive_fit == 20
    assert dict(found.honest_kinds) == {"plain": 60}
    assert found.command == "forewarn organisms record DIR"
    assert calibration.looks_per_run == 4


def test_it_weighs_what_rose_with_the_lies(runs, recorded):
    fit = calibrate(runs, recorded.CODES, "how").fit
    assert fit((0.0, 0.4, 0.8)) > 0.9
    assert fit((0.0, 0.0, 0.0)) < 0.5


def test_the_same_runs_give_the_same_calibration(runs, recorded):
    a, b, c = (calibrate(runs, recorded.CODES, "how", seed) for seed in (0, 0, 1))
    assert a.digest == b.digest != c.digest


def test_too_few_runs_are_refused(runs, recorded):
    with pytest.raises(CalibrationError):
        calibrate(runs[:3], recorded.CODES, "how")
    with pytest.raises(CalibrationError):
        calibrate([r for r in runs if not r.truth.deceptive], recorded.CODES, "how")
