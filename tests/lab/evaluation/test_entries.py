from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError
from forewarn.lab.evaluation.entries import score_all
from forewarn.lab.evaluation.render import markdown
from forewarn.lab.evaluation.results import score_table
from forewarn.lab.evaluation.scorecard import score
from forewarn.lab.evaluation.splits import SPLITS


@pytest.fixture(scope="module")
def entries(table):
    return score_all(table, level=0.05, seeds=1, progress=lambda _: nullcontext()).entries


@pytest.fixture(scope="module")
def by_detector(entries):
    return {e.detector: score(e.runs) for e in entries if e.split == "new mechanism"}


def test_every_detector_meets_every_split(entries):
    names = {e.detector for e in entries}
    assert len(entries) == len(names) * len(SPLITS)


def test_what_shows_is_found_and_what_does_not_is_at_chance(by_detector):
    assert by_detector["forewarn, exhaustive"].auroc.value == 1.0
    assert by_detector["mahalanobis"].misses.value == 0.0
    blind = by_detector["behaviour"].auroc
    assert blind.low < 0.5 < blind.high


def test_a_truth_that_is_dealt_out_anew_is_not_found(by_detector):
    dealt = by_detector["shuffled truth"].auroc
    assert dealt.low < 0.5 < dealt.high


def test_a_very_low_threshold_cannot_win(by_detector):
    low = by_detector["very low threshold"]
    assert low.misses.value == 0.0
    assert low.balanced_error.value > 5 * by_detector["forewarn, exhaustive"].balanced_error.value


def test_the_trivial_ones_err_on_one_side_alone(by_detector):
    always, never = by_detector["always alarm"], by_detector["never alarm"]
    assert (always.misses.value, always.false_alarms_per_run.value) == (0.0, 1.0)
    assert (never.misses.value, never.false_alarms_per_run.value) == (1.0, 0.0)


def few(table):
    """Runs of a few matched groups, the level's own."""
    groups = sorted({run.truth.group for run in table.runs["related"]})[:6]
    return tuple(run for run in table.runs["related"] if run.truth.group in groups)


def test_a_level_with_too_few_honest_runs_is_left_out_and_the_others_go_on(table):
    both = replace(table, runs={**table.runs, "unseen": few(table)})
    made = score_table(both, false_alarm=0.05, seeds=1, progress=lambda _: nullcontext())
    assert {e.level for e in made.entries} == {"related"} == set(made.promises)
    assert "a false-alarm level of 0.05 per run needs at least 19" in made.left_out["unseen"]
    assert made.as_json()["left_out"] == made.left_out
    assert f"unseen cues (K2) are left out: {made.left_out['unseen']}" in markdown(made)


def test_where_no_level_has_enough_of_them_that_is_an_error(table):
    with pytest.raises(CalibrationError, match=r"unseen cues \(K2\): found"):
        score_all(
            replace(table, runs={"unseen": few(table)}), level=0.05, seeds=1, progress=lambda _: nullcontext()
        )


def test_the_json_gives_each_figure_with_n_and_interval(table):
    made = score_table(table, false_alarm=0.05, seeds=2, progress=lambda _: nullcontext())
    plain = json.loads(json.dumps(made.as_json(), allow_nan=False))
    found = plain["levels"]["related"]["new family"]["forewarn, exhaustive"]
    wanted = {
        "auroc",
        "misses",
        "false_alarms_per_run",
        "false_alarms_per_look",
        "balanced_error",
        "lead_time",
    }
    assert wanted <= found.keys()
    assert all({"value", "n", "low", "high"} <= found[name].keys() for name in wanted)
    assert found["groups"]["family"].keys() == {"latent-policy", "observer", "sandbagging", "concealment"}
    assert len(found["by_seed"]) == 2
    assert plain["cost"]["related"]["seconds"]["value"] == 0.5
    assert plain["discarded"] == ["lost"]
    assert [p["looks"] for p in plain["promise"]["related"]] == [1, 2, 4, 8, 12]
