from __future__ import annotations

from pathlib import Path

import pytest

from forewarn.errors import CalibrationError
from forewarn.training.calibrate import LEAST_KNOWN, calibrate, discarded, rows


def test_a_deceptive_run_counts_from_its_onset_on_and_as_neither_before(record):
    table = rows([record("pair-1", [0.0, 0.1, 0.5, 0.9], deceptive=True, onset=30)])
    assert [(r.step, r.label) for r in table] == [(10, None), (20, None), (30, True), (40, True)]
    assert all(r.deceptive for r in table)


def test_a_deceptive_run_whose_onset_no_look_saw_counts_as_neither(record):
    assert {r.label for r in rows([record("pair-1", [0.0, 0.1], deceptive=True)])} == {None}


def test_an_honest_run_is_honest_throughout(record):
    table = rows([record("plain-1", [0.0, 0.3], onset=None)])
    assert [(r.label, r.deceptive, r.kind, r.run) for r in table] == [(False, False, "plain", "plain-1")] * 2


def test_runs_that_do_not_do_what_they_were_made_for_are_left_out_and_named(record):
    found = [record("pair-1", [0.9], deceptive=True, holds=False), record("plain-1", [0.0])]
    assert [r.run for r in rows(found)] == ["plain-1"]
    assert discarded(found) == ("pair-1",)


@pytest.mark.parametrize(
    ("known", "complete", "counts"),
    [(LEAST_KNOWN, True, True), (LEAST_KNOWN - 1, True, False), (24, False, False)],
)
def test_a_look_at_an_ignorant_model_says_nothing(record, look, known, complete, counts):
    run = record("plain-1", [])
    run["looks"] = [look(10, 0.0, known=known, complete=complete)]
    assert [r.complete for r in rows([run])] == [counts]


def test_a_calibration_tells_its_runs_and_how_to_make_them_again(records):
    calibration = calibrate(
        [*records, records[0] | {"name": "lost", "holds": False}], Path("x/organism-runs")
    )
    assert calibration.codes == ("TP001", "TP002", "TP003")
    found = calibration.provenance
    assert found.honest_fit + found.honest_promise == 60
    assert found.deceptive_fit == 20
    assert dict(found.honest_kinds) == {"plain": 60}
    assert "forewarn organisms make --out organism-runs" in found.command
    assert calibration.looks_per_run == 4


def test_it_weighs_what_rose_with_the_lies(records):
    fit = calibrate(records, Path("runs")).fit
    assert fit((0.0, 0.4, 0.8)) > 0.9
    assert fit((0.0, 0.0, 0.0)) < 0.5


def test_the_same_records_give_the_same_calibration(records):
    a, b, c = (calibrate(records, Path("runs"), seed) for seed in (0, 0, 1))
    assert a.digest == b.digest != c.digest


def test_too_few_runs_are_refused(records):
    with pytest.raises(CalibrationError):
        calibrate(records[:3], Path("runs"))
    with pytest.raises(CalibrationError):
        calibrate([r for r in records if not r["deceptive"]], Path("runs"))


def test_runs_that_were_asked_different_things_make_no_calibration(records, tmp_path):
    records[3]["codes"] = ["TP001", "TP002", "TP009"]
    with pytest.raises(CalibrationError, match=r"with the same probes; found .* with TP001, TP002, TP009"):
        calibrate(records, tmp_path)
