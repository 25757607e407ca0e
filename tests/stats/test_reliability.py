"""Scores of forecasts against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from forewarn.stats import brier, reliability, wilson


def forecasts(seed=0, n=300):
    generator = np.random.default_rng(seed)
    probabilities = generator.random(n)
    return probabilities.tolist(), (generator.random(n) < probabilities).tolist()


def test_scores_agree_with_scikit_learn():
    probabilities, labels = forecasts()
    assert brier(probabilities, labels) == pytest.approx(brier_score_loss(labels, probabilities))


def test_the_table_agrees_with_scikit_learn_and_holds_every_forecast_once():
    probabilities, labels = forecasts()
    observed, predicted = calibration_curve(labels, probabilities, n_bins=10)
    table = reliability(probabilities, labels)
    assert [row.observed for row in table] == pytest.approx(observed)
    assert [row.predicted for row in table] == pytest.approx(predicted)
    assert sum(row.n for row in table) == 300


def test_an_empty_bin_is_shown_and_says_nothing():
    table = reliability([0.05, 0.95, 1.0], [False, True, False], bins=10)
    assert [row.n for row in table] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (table[4].predicted, table[4].observed, table[4].interval) == (None, None, None)
    assert table[9].interval == wilson(1, 2)
    assert (table[9].low, table[9].high) == (0.9, 1.0)


def test_certain_forecasts_are_perfect_or_as_bad_as_can_be():
    assert brier([1.0, 0.0], [False, True]) == 1.0
    assert brier([1.0], [True]) == 0.0


@pytest.mark.parametrize("score", [brier, reliability])
def test_nothing_and_nonsense_are_refused(score):
    with pytest.raises(ValueError, match="found 0 probabilities and 0 labels"):
        score([], [])
    with pytest.raises(ValueError, match="found 2 probabilities and 1 labels"):
        score([0.1, 0.2], [True])
    for wrong in (1.1, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"lies in \[0, 1\]"):
            score([wrong], [True])


def test_a_table_without_bins_is_refused():
    with pytest.raises(ValueError, match="at least one bin; found 0"):
        reliability([0.5], [True], bins=0)
