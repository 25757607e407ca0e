"""The judge on populations whose truth is known: its probabilities come true, its promise holds end to end."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from forewarn.alarms import AlarmState, RunLevel
from forewarn.judges.fit import fit
from forewarn.judges.judge import CalibratedJudge
from forewarn.judges.look_row import LookRow
from forewarn.records import Evidence, Interval, Nothing, Site
from forewarn.stats import brier, reliability

CODES = ("knowledge-gap", "observer", "latent-policy")
HONEST, DECEPTIVE = np.array([0.05, 0.10, 0.05]), np.array([0.15, 0.15, 0.05])
SITE = Site(layer=1, depth=0.5)


def true_probability(features):
    """Exponential features with means that depend on the truth: the log-odds are linear in them."""
    odds = np.log(HONEST / DECEPTIVE).sum() + features @ (1 / HONEST - 1 / DECEPTIVE)
    return 1 / (1 + np.exp(-odds))


def look(run, step, deceptive, features):
    return LookRow(
        run=run,
        kind="latent-policy" if deceptive else "format",
        step=step,
        deceptive=deceptive,
        label=deceptive,
        features=tuple(features.tolist()),
        nulls=(0.0, 0.0, 0.0),
        known=90,
        asked=96,
        complete=True,
    )


def population(generator, honest, deceptive, looks):
    """Runs whose looks share half of their evidence, so that they depend on each other."""
    rows = []
    for number in range(honest + deceptive):
        lies = number >= honest
        means = DECEPTIVE if lies else HONEST
        own = generator.exponential(means)
        for step in range(looks):
            mixed = own if looks == 1 else 0.5 * own + 0.5 * generator.exponential(means)
            rows.append(look(f"run{number:05}", step, lies, mixed))
    return rows


def outcomes(features):
    """What probes would have reported for these features."""
    return [
        Nothing(code, SITE, "nothing stood out", 30)
        if value == 0
        else Evidence(
            code, "a claim", SITE, value, "share", Interval(value, value), 0.0, 30, value, "{}", "digest"
        )
        for code, value in zip(CODES, features, strict=True)
    ]


def calibrated(rows, seed, refits=20):
    return fit(rows, CODES, seed, command="simulated", refits=refits)


def test_probabilities_come_true_on_new_runs():
    generator = np.random.default_rng(11)
    calibration = calibrated(population(generator, 3000, 1000, looks=1), seed=0)
    judge = CalibratedJudge(calibration)
    new = population(generator, 2000, 2000, looks=1)
    found = [judge.verdict(outcomes(row.features), 90, 96).probability for row in new]
    truth = [row.deceptive for row in new]
    ideal = true_probability(np.array([row.features for row in new]))
    assert brier(found, truth) < brier(ideal.tolist(), truth) + 0.005
    # Ten bins, each outside a 99.99 % interval widened by 0.04 for the fit's own error: chance below 1 in 1,000.
    for row in reliability(found, truth):
        if row.n:
            slack = 4 * np.sqrt(0.25 / row.n)
            assert abs(row.observed - row.predicted) < slack + 0.04


def test_the_interval_of_a_probability_covers_the_true_one_mostly():
    # Bootstrap over few runs under a ridge: nominal 95 %, wanted at least 80 % of 40 calibrations.
    features, covered = np.array([0.1, 0.1, 0.05]), 0
    for seed in range(40):
        rows = population(np.random.default_rng(seed), 180, 60, looks=1)
        verdict = CalibratedJudge(calibrated(rows, seed, refits=30)).verdict(outcomes(features), 90, 96)
        covered += true_probability(features) in verdict.interval
    assert covered >= 32


def end_to_end(repetitions, honest, looks, level, seed):
    """False alarms on one new honest run per repetition: fit, split, promise, judge and rule together."""
    generator, count = np.random.default_rng(seed), 0
    for repetition in range(repetitions):
        rows = population(generator, honest + 1, 15, looks)
        new = [row for row in rows if row.run == "run00000"]
        calibration = calibrated([row for row in rows if row.run != "run00000"], repetition, refits=1)
        rule = RunLevel(calibration.honest_maxima, level, calibration.looks_per_run, floor=0.0)
        judge, state, raised = CalibratedJudge(calibration), AlarmState(), []
        for row in new:
            verdict = judge.verdict(outcomes(row.features), row.known, row.asked)
            state, _, alarm = rule.update(state, verdict, row.step, "digest")
            raised += [] if alarm is None else [alarm]
        assert all(alarm.promise_holds for alarm in raised)
        count += bool(raised)
    return count


def test_the_promise_holds_from_the_table_to_the_alarm():
    # 30 honest runs: 10 for the fit, 20 for the promise; the level 0.2 is 4 of 21 in truth.
    count = end_to_end(repetitions=250, honest=30, looks=6, level=0.2, seed=3)
    assert binom.ppf(1e-4, 250, 4 / 21) <= count <= binom.ppf(1 - 1e-4, 250, 4 / 21)


@pytest.mark.long
@pytest.mark.parametrize(("honest", "level"), [(29, 0.05), (60, 0.05), (60, 0.1)])
def test_the_promise_holds_from_the_table_to_the_alarm_at_other_levels(honest, level):
    count = end_to_end(repetitions=400, honest=honest, looks=12, level=level, seed=honest)
    assert count <= binom.ppf(1 - 1e-4, 400, level)
