from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.population.table import Table
from forewarn.lab.training.dataset import RunDataset, only, seed_of


def test_seeds_are_halved_and_no_group_is_on_both_sides(dataset):
    assert dataset.level == "related" and dataset.seeds == (0, 1)
    assert {seed_of(run.truth) for run in dataset.test} == {2, 3}


def test_the_honest_runs_behind_the_promise_teach_nobody(dataset):
    learned = dataset.learned(0)
    names = {run.truth.name for run in learned}
    assert {r.truth.name for r in dataset.train if r.truth.deceptive} <= names
    honest = [r for r in dataset.train if not r.truth.deceptive]
    assert 0.2 < sum(r.truth.name in names for r in honest) / len(honest) < 0.5
    assert dataset.learned(0) == learned != dataset.learned(1)


def test_a_table_without_two_seeds_or_without_the_level_is_refused(dataset, recorded):
    one = tuple(r for r in dataset.train if seed_of(r.truth) == 0)
    with pytest.raises(ConfigurationError, match="the table holds 1"):
        RunDataset.of(Table(recorded.CODES, {"related": one}, (), ""), "", None)
    with pytest.raises(ConfigurationError, match="found --level unseen"):
        RunDataset.of(Table(recorded.CODES, {"related": dataset.train}, (), ""), "", "unseen")


def test_another_level_is_taken_where_there_is_no_usual_one(dataset, recorded):
    assert RunDataset.of(Table(recorded.CODES, {"seen": dataset.train}, (), ""), "", None).level == "seen"


def test_a_group_without_a_seed_is_refused(recorded):
    with pytest.raises(ConfigurationError, match="does not end with its seed"):
        seed_of(replace(recorded.truth("a"), group="pair"))


def test_only_some_probes(dataset, recorded):
    found = only(dataset.train, ("latent-policy",))
    assert {o.code for run in found for look in run.looks for o in look.outcomes} == {"latent-policy"}
    pursued = [recorded.pursued(recorded.run("plain-1", [0.0, 0.4]), 0.2)]
    assert not {
        o.code
        for run in only(pursued, ("knowledge-gap", "latent-policy/composure"))
        for k in run.looks
        for o in k.outcomes
    } & {"latent-policy/composure"}, "a follow-up is nothing without what it follows"
    with pytest.raises(ConfigurationError, match="no look with withheld-answer"):
        only(dataset.train, ("withheld-answer",))
