"""The solver once stopped where rounding hid any further fall of the loss, and a whole bench was lost with it."""

from __future__ import annotations

from forewarn.lab.evaluation.detectors.baseline import BaselineDetector
from forewarn.lab.evaluation.held_out import divide
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.evaluation.splits import folds


def test_the_bag_of_words_can_be_fitted_without_triples():
    runs = {run.truth.name: run for run in load().runs["related"]}
    truths = [run.truth for run in runs.values()]
    fold = next(f for f in folds(truths) if (f.split, f.left_out) == ("new mechanism", "triple"))
    fitting, _ = divide([runs[name] for name in sorted(fold.train)], 0)
    scorer = BaselineDetector("bag-of-words").fit(fitting, 0)
    assert any(p is not None for p in scorer(fitting[0]))
