"""The non-negative fit against scikit-learn, finite differences and the optimum's own conditions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from forewarn.errors import CalibrationError
from forewarn.stats import Logistic, LogisticFitter
from forewarn.stats.calibration import _LOOSE, _Problem


def population(seed, rows=200, slopes=(2.0, 1.0, 0.5)):
    generator = np.random.default_rng(seed)
    features = generator.exponential(size=(rows, len(slopes)))
    odds = features @ np.array(slopes) - 2
    return features, generator.random(rows) < 1 / (1 + np.exp(-odds))


def fitted(features, labels, ridge=0.1, weights=None):
    fitter = LogisticFitter(ridge)
    fitter.update(features, labels, weights)
    return fitter.fit()


def objective(parameters, features, labels, ridge):
    """From the definition, row by row."""
    *slopes, intercept = parameters
    loss = ridge / 2 * sum(s * s for s in slopes)
    for row, label in zip(features, labels, strict=True):
        odds = intercept + sum(s * x for s, x in zip(slopes, row, strict=True))
        loss += math.log1p(math.exp(-odds if label else odds))
    return loss


@pytest.mark.parametrize("ridge", [0.01, 0.1, 1.0, 10.0])
def test_agrees_with_scikit_learn_where_no_weight_meets_its_bound(ridge):
    features, labels = population(seed=1)
    peer = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10_000).fit(features, labels)
    fit = fitted(features, labels, ridge)
    assert min(fit.weights) > 0
    assert fit.weights == pytest.approx(peer.coef_[0], abs=1e-4)
    assert fit.intercept == pytest.approx(peer.intercept_[0], abs=1e-4)
    assert fit(features[3].tolist()) == pytest.approx(peer.predict_proba(features[3:4])[0, 1], abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_no_step_that_is_allowed_lowers_the_objective(seed):
    features, labels = population(seed, rows=60, slopes=(2.0, -1.5, 0.0))
    fit = fitted(features, labels, ridge=0.5)
    best = np.array([*fit.weights, fit.intercept])
    value = objective(best, features, labels, 0.5)
    generator = np.random.default_rng(seed)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(20):
            moved = best + size * generator.normal(size=4)
            moved[:3] = np.maximum(moved[:3], 0.0)
            assert objective(moved, features, labels, 0.5) >= value - 1e-9


def test_a_weight_that_would_be_negative_is_zero_and_the_rest_is_the_fit_without_it():
    features, labels = population(seed=2, slopes=(2.0, -2.0))
    fit = fitted(features, labels)
    alone = fitted(features[:, :1], labels)
    assert fit.weights[1] == 0.0
    assert fit.weights[0] == pytest.approx(alone.weights[0], abs=1e-5)


def test_weights_of_rows_count_as_repetitions():
    features, labels = population(seed=3, rows=50)
    times = np.random.default_rng(0).integers(0, 4, size=50)
    weighted = fitted(features, labels, weights=times.astype(float))
    repeated = fitted(np.repeat(features, times, axis=0), np.repeat(labels, times))
    assert weighted.weights == pytest.approx(repeated.weights, abs=1e-5)


def test_updates_add_up():
    features, labels = population(seed=4)
    fitter = LogisticFitter()
    fitter.update(features[:70], labels[:70])
    fitter.update(features[70:], labels[70:])
    assert fitter.fit().weights == pytest.approx(fitted(features, labels).weights, abs=1e-6)


def test_separable_data_have_a_finite_fit_that_steepens_as_the_ridge_falls():
    features, labels = np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([False, False, True, True])
    slopes = [fitted(features, labels, ridge).weights[0] for ridge in (1.0, 0.1, 0.01, 0.001)]
    assert slopes == sorted(slopes)
    assert slopes[-1] < 100


def test_a_feature_that_is_never_seen_gets_no_weight():
    features, labels = population(seed=5)
    features[:, 1] = 0.0
    assert fitted(features, labels).weights[1] == 0.0


@given(
    st.lists(st.floats(0, 5), min_size=3, max_size=3),
    st.lists(st.floats(0, 5), min_size=3, max_size=3),
    st.floats(0, 5),
    st.integers(0, 2),
)
def test_more_evidence_never_lowers_the_probability(weights, features, more, which):
    fit = Logistic(tuple(weights), -1.0)
    raised = [value + more * (index == which) for index, value in enumerate(features)]
    assert fit(raised) >= fit(features)


def test_extreme_odds_neither_overflow_nor_leave_the_range():
    fit = Logistic((1e6,), -1e5)
    assert (fit([0.0]), fit([1.0])) == (0.0, 1.0)


def test_a_row_of_the_wrong_width_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        Logistic((1.0, 2.0), 0.0)([1.0])


TWO = np.array([[0.0], [1.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LogisticFitter(0.0), "ridge must be positive: .*found 0.0"),
        (lambda: LogisticFitter().fit(), "no rows to fit; call `update`"),
        (lambda: fitted(TWO, np.array([True, True])), "both labels; found weight 2 on deceptive rows and 0"),
        (lambda: fitted(TWO, np.array([True])), "2 rows of features, 1 labels and 1 weights"),
        (lambda: fitted(np.array([[np.nan], [1.0]]), np.array([True, False])), "features must be finite"),
        (lambda: fitted(TWO, np.array([True, False]), weights=np.array([1.0, -1.0])), "not negative"),
        (lambda: Logistic((-0.1,), 0.0), r"not negative; found \(-0.1,\)"),
        (lambda: Logistic((0.1,), math.inf), "intercept must be finite; found inf"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call, message):
    with pytest.raises(CalibrationError, match=message):
        call()


def test_rows_of_another_width_are_refused():
    fitter = LogisticFitter()
    fitter.update(TWO, np.array([True, False]))
    with pytest.raises(CalibrationError, match="rows of 2 features after rows of 1"):
        fitter.update(np.ones((2, 2)), np.array([True, False]))


def test_a_fit_that_did_not_arrive_is_refused():
    # Scales so far apart that the solver cannot see one of the two.
    features = np.random.default_rng(0).random((40, 2))
    labels = features.sum(axis=1) > 1
    with pytest.raises(CalibrationError, match=r"did not converge: .*comparable scales"):
        fitted(features * np.array([1e9, 1e-9]), labels, ridge=1e-9)


def production_objective(parameters, features, labels, weights, ridge, common):
    """From the definition, row by row: slopes are drawn to a common weight, which is drawn to 0 more loosely."""
    *slopes, centre, intercept = parameters
    if not common:
        centre = 0.0
    loss = ridge / 2 * (sum((s - centre) ** 2 for s in slopes) + _LOOSE * centre**2)
    for row, label, weight in zip(features, labels, weights, strict=True):
        odds = intercept + sum(s * x for s, x in zip(slopes, row, strict=True))
        loss += weight * math.log1p(math.exp(-odds if label else odds))
    return loss


def weighted(seed):
    features, labels = population(seed, rows=40)
    weights = np.random.default_rng(seed).uniform(0.2, 2.0, size=40)
    return features, labels, weights / weights.sum()


@pytest.mark.parametrize("common", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_objective_and_its_gradient_are_those_of_the_definition(seed, common):
    features, labels, weights = weighted(seed)
    problem = _Problem(features, labels.astype(float), weights, 0.3, common)
    at = np.random.default_rng(seed + 10).uniform(0.2, 2.0, size=5)
    loss, gradient = problem.loss_and_gradient(at)
    assert loss == pytest.approx(production_objective(at, features, labels, weights, 0.3, common), rel=1e-12)
    for i, step in enumerate(np.eye(5) * 1e-6):
        up, down = (
            production_objective(p, features, labels, weights, 0.3, common) for p in (at + step, at - step)
        )
        assert gradient[i] == pytest.approx((up - down) / 2e-6, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_with_a_common_weight_is_the_optimum_of_the_definition(seed):
    """The fit that ships is of this sort: no step that is allowed lowers what it minimises."""
    features, labels, weights = weighted(seed)
    fitter = LogisticFitter(0.3, common=True)
    fitter.update(features[:15], labels[:15], weights[:15])
    fitter.update(features[15:], labels[15:], weights[15:])
    fit = fitter.fit()
    # Given the slopes, the best common weight has a closed form.
    centre = sum(fit.weights) / (len(fit.weights) + _LOOSE)
    best = np.array([*fit.weights, centre, fit.intercept])
    value = production_objective(best, features, labels, weights, 0.3, True)
    generator = np.random.default_rng(seed)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(30):
            moved = best + size * generator.normal(size=5)
            moved[:-1] = np.maximum(moved[:-1], 0.0)
            assert production_objective(moved, features, labels, weights, 0.3, True) >= value - 1e-9
