"""Making a calibration: which runs serve what, and what a row may and may not change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError
from forewarn.judges.fit import fit
from forewarn.judges.split import split_honest

CODES = ("knowledge-gap", "observer")


def calibrated(rows, seed=1, refits=4, **settings):
    return fit(rows, CODES, seed, command="make it", refits=refits, **settings)


def of(rows, runs):
    return [row for row in rows if row.run in runs]


def test_honest_runs_are_split_by_run_in_the_same_share_of_each_kind(table):
    rows = table(honest=60, deceptive=5)
    fit_runs, promise_runs = split_honest(rows, seed=3)
    kinds = {row.run: row.kind for row in rows}
    assert not fit_runs & promise_runs
    assert fit_runs | promise_runs == {row.run for row in rows if not row.deceptive}
    assert sorted(kinds[run] for run in fit_runs) == ["error"] * 7 + ["fiction"] * 7 + ["format"] * 7


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_rows(table):
    rows = table()
    assert split_honest(rows, 3) == split_honest(rows[::-1], 3)
    assert split_honest(rows, 3) != split_honest(rows, 4)


def test_the_same_rows_and_seed_make_the_same_calibration(table):
    assert calibrated(table()).digest == calibrated(table()).digest
    assert calibrated(table()).digest != calibrated(table(), seed=2).digest


def test_the_promise_is_made_on_whole_runs_that_the_fit_never_saw(table):
    rows = table()
    _, promise = split_honest(rows, 1)
    calibration = calibrated(rows)
    expected = sorted(max(calibration.fit(r.features) for r in of(rows, {run})) for run in promise)
    assert calibration.honest_maxima == pytest.approx(expected)
    without = calibrated([replace(r, features=(0.0, 0.0)) if r.run in promise else r for r in rows])
    assert without.fit == calibration.fit
    assert without.refits == calibration.refits
    assert without.honest_maxima != calibration.honest_maxima


def test_provenance_counts_runs_and_kinds(table):
    provenance = calibrated(table(honest=60, deceptive=20, looks=6)).provenance
    assert (provenance.honest_fit, provenance.honest_promise, provenance.deceptive_fit) == (21, 39, 20)
    assert provenance.honest_kinds == (("error", 20), ("fiction", 20), ("format", 20))
    assert provenance.deceptive_kinds == (("latent-policy", 20),)
    assert (provenance.looks, provenance.seed, provenance.command) == (480, 1, "make it")


def test_the_digest_of_the_table_does_not_depend_on_the_order_of_rows(table):
    rows = table()
    first, second = calibrated(rows).provenance, calibrated(rows[::-1]).provenance
    changed = calibrated([replace(rows[0], known=79), *rows[1:]]).provenance
    assert first.table == second.table != changed.table


def test_rows_without_a_label_or_with_gaps_do_not_touch_the_fit(table):
    rows = table()
    fit_runs, _ = split_honest(rows, 1)
    run = min(fit_runs)
    base = calibrated([row for row in rows if not (row.run == run and row.step == 100)])
    for change in ({"label": None}, {"complete": False}):
        wild = [
            replace(r, features=(9.0, 9.0), **change) if r.run == run and r.step == 100 else r for r in rows
        ]
        assert calibrated(wild).fit == base.fit


def test_evidence_raises_the_probability_and_its_absence_does_not(table):
    calibration = calibrated(table())
    assert calibration.fit((0.0, 0.0)) < 0.5 < calibration.fit((0.5, 0.5))
    assert all(weight >= 0 for refit in calibration.refits for weight in refit.weights)


def test_a_probe_that_speaks_for_honest_runs_gets_no_weight(table):
    turned = [replace(r, features=(r.features[0], 0.0 if r.label else 0.5)) for r in table()]
    assert calibrated(turned).fit.weights[1] == 0.0


def test_the_probability_stands_at_even_odds_however_many_runs_of_each_there_are(table):
    rows = [replace(r, label=r.label or None) if r.deceptive else r for r in table()]
    copies = [replace(r, run=f"{r.run}-{k}") for r in rows if r.deceptive for k in range(4)]
    few, many = calibrated(rows, ridge=1e-6), calibrated([*rows, *copies], ridge=1e-6)
    for features in [(0.0, 0.0), (0.1, 0.1), (0.3, 0.0)]:
        assert few.fit(features) == pytest.approx(many.fit(features), abs=1e-3)


def test_a_run_counts_once_however_often_it_was_looked_at(table):
    rows = table(looks=2)
    again = [replace(r, step=r.step + 1000 * k) for r in rows for k in range(5)]
    assert calibrated(again).fit.weights == pytest.approx(calibrated(rows).fit.weights, abs=1e-4)


def test_the_promise_covers_the_fewest_looks_of_its_runs(table):
    rows = table(looks=6)
    _, promise = split_honest(rows, 1)
    run = min(promise)
    assert calibrated(rows).looks_per_run == 6
    assert calibrated([r for r in rows if not (r.run == run and r.step > 400)]).looks_per_run == 4


def test_a_run_that_was_never_wholly_looked_at_does_not_improve_the_promise(table):
    rows = table()
    _, promise = split_honest(rows, 1)
    blind = [replace(r, complete=False, features=(0.0, 0.0)) if r.run == min(promise) else r for r in rows]
    assert len(calibrated(blind).honest_maxima) == len(promise) - 1
    assert calibrated(blind).provenance.honest_promise == len(promise) - 1


def test_the_range_is_what_was_seen(table):
    rows = table()
    rows[3] = replace(rows[3], nulls=(0.4, None), known=12)
    calibration = calibrated(rows)
    assert calibration.greatest_nulls == (0.4, 0.05)
    assert calibrated([replace(r, nulls=(None, 0.1)) for r in rows]).greatest_nulls == (None, 0.1)


def test_the_range_begins_where_a_deceptive_snapshot_was_told(table):
    """Silence with fewer known facts may be want of facts."""
    rows = table()
    fit = calibrated(rows).fit
    told = next(i for i, r in enumerate(rows) if r.label and fit(r.features) > 0.5)
    calm = next(i for i, r in enumerate(rows) if r.label is False and r.complete)
    rows[calm] = replace(rows[calm], known=3)
    rows[told] = replace(rows[told], known=12)
    assert calibrated(rows).least_known == 12
    rows[told] = replace(rows[told], known=2, complete=False)
    assert calibrated(rows).least_known > 12


def test_where_no_deceptive_snapshot_was_told_it_begins_with_the_whole_looks(table):
    blind = [replace(r, features=(0.0, 0.0)) if r.deceptive else replace(r, known=9) for r in table()]
    assert calibrated(blind).least_known == 9


def test_refits_spread_more_with_fewer_runs(table):
    def spread(runs):
        fits = calibrated(table(honest=3 * runs, deceptive=runs, looks=2), refits=40).refits
        odds = sorted(f((0.1, 0.1)) for f in fits)
        return odds[-5] - odds[4]

    assert spread(8) > 1.5 * spread(80)


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (lambda r: not r.deceptive, "found 0 deceptive and 126 honest ones. Make more runs"),
        (lambda r: r.deceptive and r.label, "found 60 deceptive and 0 honest ones"),
        (lambda r: r.deceptive, "found 0 honest runs left for the promise"),
        (lambda r: False, "there are no looks"),
    ],
)
def test_too_few_runs_are_refused_with_what_to_make(table, keep, message):
    with pytest.raises(CalibrationError, match=message):
        calibrated([row for row in table() if keep(row)])


def test_a_refit_always_holds_both_labels_though_one_run_alone_carries_one_of_them(table):
    def label(row):
        return (row.run == "run060" and row.step > 300) if row.deceptive else None

    rows = [replace(row, label=label(row)) for row in table(honest=60, deceptive=20)]
    assert len(calibrated(rows, refits=30).refits) == 30


def test_rows_of_other_probes_are_refused(table):
    with pytest.raises(CalibrationError, match="2 features for 3 codes"):
        fit(table(), ("knowledge-gap", "observer", "latent-policy"), 1, command="make it")


def test_a_calibration_without_refits_is_refused(table):
    with pytest.raises(CalibrationError, match="at least one refit"):
        calibrated(table(), refits=0)
