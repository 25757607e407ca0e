from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.helpers import FixedOrder
from forewarn.helpers.sheet import Origin, Sheet, policy_of
from forewarn.helpers.stored import StoredHelper
from forewarn.lab.contest.scoring import score_helper
from forewarn.lab.population.table import Table
from forewarn.lab.training.dataset import RunDataset

NAMES = ["helper", "random", "fixed order", "best fixed order", "whole rounds", "exhaustive", "supervised"]


@contextlib.contextmanager
def silent(what):
    yield


@pytest.fixture(scope="module")
def dataset(recorded):
    found = [
        replace(run, truth=replace(run.truth, group=f"{run.truth.kind}{i % 40}-{i % 4}"))
        for i, run in enumerate(recorded.population(160, 40))
    ]
    return RunDataset.of(Table(recorded.CODES, {"related": tuple(found)}, (), "a test"), "t" * 64, None)


def stored(budget, seeds=()):
    order = FixedOrder(("latent-policy",), "mine", waits=True)
    origin = Origin("a test", 0, "", "related", seeds, 0, 0, "0.1.0")
    return StoredHelper(Sheet("mine", policy_of(order), budget, 4.0, origin, ()), order)


def test_everybody_is_scored_on_the_same_runs_at_the_helper_s_budget(dataset):
    found = score_helper(stored(1.0), dataset, 0.05, 1, silent)
    assert [row.name for row in found.rows] == NAMES
    assert (found.seeds, found.rules.budget, found.rules.carry_over) == ((2, 3), 1.0, 4.0)
    rows = {row.name: row for row in found.rows}
    assert all(row.score.misses.n == found.deceptive for row in found.rows)
    assert all(rows[name].passes <= 1.0 for name in NAMES[:5])
    assert rows["exhaustive"].passes == rows["supervised"].passes == pytest.approx(6.0)
    value = found.as_json()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert {"value", "n", "low", "high"} == set(value["rows"][0]["misses"])


def test_equal_to_a_helper_without_bound_is_what_it_spends(dataset):
    found = score_helper(stored(float("inf")), dataset, 0.05, 1, silent)
    assert found.rules.budget == pytest.approx(2.0)
    assert found.rows[0].passes == pytest.approx(2.0)


def test_a_helper_is_not_scored_on_what_it_learned_from(dataset):
    with pytest.raises(ConfigurationError, match="learned from seed 2, on which it would be scored"):
        score_helper(stored(1.0, (1, 2)), dataset, 0.05, 1, silent)
