"""Nothing of the test side is seen by whatever is scored: the contract over all detectors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.evaluation.catalogue import detectors
from forewarn.lab.evaluation.held_out import divide, score_held_out
from forewarn.lab.evaluation.splits import folds

DETECTORS = detectors(("knowledge-gap", "latent-policy"), ("behaviour", "mahalanobis"))


def by_name(runs):
    return {run.truth.name: run for run in runs}


def one_fold(runs, split="new mechanism"):
    return next(fold for fold in folds([run.truth for run in runs]) if fold.split == split)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)
@pytest.mark.parametrize("split", ["new runs", "new family"])
def test_the_truth_of_the_test_side_changes_no_score(detector, split, runs):
    fold, named = one_fold(runs, split), by_name(runs)
    lied_of = {
        name: replace(
            run,
            truth=replace(
                run.truth, deceptive=not run.truth.deceptive, onset=10, kind="other", implant="other"
            ),
        )
        if name in fold.test
        else run
        for name, run in named.items()
    }
    honest, lied = (list(score_held_out(detector, runs_, fold, 0.1)) for runs_ in (named, lied_of))
    assert [(j.scores, j.threshold) for j in honest] == [(j.scores, j.threshold) for j in lied]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)
def test_what_the_other_test_runs_show_changes_no_score(detector, runs):
    fold, named = one_fold(runs), by_name(runs)
    kept, *others = sorted(fold.test)
    donor = next(run for run in runs if run.truth.deceptive)
    swapped = named | {
        name: replace(named[name], looks=donor.looks, figures=donor.figures) for name in others
    }
    first, second = (
        next(j for j in score_held_out(detector, runs_, fold, 0.1) if j.truth.name == kept)
        for runs_ in (named, swapped)
    )
    assert (first.scores, first.threshold) == (second.scores, second.threshold)


def test_no_honest_matched_group_serves_both_fit_and_promise(runs):
    fitting, promising = divide(runs, 0)
    honest = {run.truth.group for run in fitting if not run.truth.deceptive}
    assert not honest & {run.truth.group for run in promising}
    assert not any(run.truth.deceptive for run in promising)
    assert len(fitting) + len(promising) == len(runs)
    assert divide(runs, 0) == divide(runs, 0) != divide(runs, 1)
