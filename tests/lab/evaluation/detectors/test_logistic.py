from __future__ import annotations

import numpy as np
import pytest

from forewarn.lab.evaluation.detectors.logistic import learn


def figures(run):
    return np.array(run.figures["mahalanobis"])


def test_a_figure_that_speaks_is_weighed_and_a_constant_one_is_not(runs):
    fitted = learn(runs, figures, signed=True)
    liar = next(run for run in runs if run.truth.deceptive)
    scores = fitted(figures(liar))
    assert scores[-1] > 0.9
    assert scores[0] < 0.5
    assert fitted.fit.weights[1] == fitted.fit.weights[3] == 0.0


def test_a_sign_that_is_free_finds_what_falls(runs):
    def falling(run):
        return -figures(run)

    liar = next(run for run in runs if run.truth.deceptive)
    assert learn(runs, falling, signed=True)(falling(liar))[-1] > 0.9
    assert learn(runs, falling, signed=False)(falling(liar))[-1] == pytest.approx(0.5, abs=0.05)


def test_what_is_not_finite_counts_as_the_mean(runs):
    fitted = learn(runs, figures, signed=True)
    mean = fitted(np.array([fitted.mean]))
    assert fitted(np.full((1, 2), np.nan)) == pytest.approx(mean)
