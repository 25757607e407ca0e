from __future__ import annotations

import math

import numpy as np
import pytest

from forewarn.stats.ranking import auroc, auroc_interval


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [
        ([2, 3], [0, 1], 1.0),
        ([0, 1], [2, 3], 0.0),
        ([1], [1], 0.5),
        ([1, 2], [1, 0], 0.875),
        ([math.inf], [-math.inf, 5], 1.0),
    ],
)
def test_area_by_hand(positive, negative, area):
    assert auroc(positive, negative) == area


def test_it_agrees_with_scikit_learn():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(0)
    positive, negative = draw.integers(0, 9, 40), draw.integers(0, 7, 60)
    labels = [1] * 40 + [0] * 60
    assert auroc(positive, negative) == pytest.approx(roc_auc_score(labels, [*positive, *negative]))


@pytest.mark.parametrize("groups", [([], [1]), ([1], []), ([math.nan], [1])])
def test_what_was_not_measured_has_no_area(groups):
    with pytest.raises(ValueError, match=r"area needs|not a number"):
        auroc(*groups)


def test_an_interval_does_not_vanish_where_groups_part_completely():
    interval = auroc_interval(1.0, 20, 40)
    assert interval.high == 1.0
    assert 0.8 < interval.low < 0.95
    mirrored = auroc_interval(0.0, 20, 40)
    assert mirrored.high == pytest.approx(1 - interval.low)


def test_the_interval_covers():
    """Normal scores with a true area of 0.9; 400 samples, by chance below 0.91 less than once in 1,000."""
    draw, shift = np.random.default_rng(1), 1.8124
    covered = 0
    for _ in range(400):
        positive, negative = draw.normal(shift, 1, 25), draw.normal(0, 1, 50)
        covered += 0.9 in auroc_interval(auroc(positive, negative), 25, 50)
    assert covered / 400 > 0.91
