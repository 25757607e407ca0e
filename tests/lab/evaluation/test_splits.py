from __future__ import annotations

from forewarn.lab.evaluation.splits import SPLITS, folds


def truths(runs):
    return [run.truth for run in runs]


def test_all_splits_are_there(runs):
    assert {fold.split for fold in folds(truths(runs))} == set(SPLITS)


def test_no_run_is_on_both_sides_and_no_matched_group_either(runs):
    group = {run.truth.name: run.truth.group for run in runs}
    for fold in folds(truths(runs)):
        assert fold.train and fold.test
        assert not {group[name] for name in fold.train} & {group[name] for name in fold.test}


def test_every_run_is_tested_once_by_each_split(runs):
    concealed = {run.truth.name for run in runs if run.truth.concealed}
    rest = {run.truth.name for run in runs} - concealed
    for split in SPLITS:
        tested = [name for fold in folds(truths(runs)) if fold.split == split for name in fold.test]
        wanted = {"concealed": concealed, "new family": concealed | rest}.get(split, rest)
        assert sorted(tested) == sorted(wanted)


def test_what_is_left_out_is_in_no_training_side(runs):
    key = {
        "new world": "topic",
        "new architecture": "family",
        "new mechanism": "mechanism",
        "new family": "precursor",
    }
    by_name = {run.truth.name: run.truth for run in runs}
    for fold in folds(truths(runs)):
        if fold.split in key:
            name = key[fold.split]
            assert {getattr(by_name[n], name) for n in fold.test} == {fold.left_out}
            assert fold.left_out not in {getattr(by_name[n], name) for n in fold.train}


def test_nobody_learns_from_concealed_runs(runs):
    by_name = {run.truth.name: run.truth for run in runs}
    assert not any(by_name[name].concealed for fold in folds(truths(runs)) for name in fold.train)
