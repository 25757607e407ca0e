"""Logistic regression whose weights cannot be negative: more evidence never lowers the probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from forewarn.errors import CalibrationError

_Features = Float64[np.ndarray, "rows features"]
_Labels = Bool[np.ndarray, " rows"]
_Vector = Float64[np.ndarray, " rows"]
_Parameters = Float64[np.ndarray, " features_and_intercept"]

_LOOSE = 0.01
"""Share of the ridge that acts on the common weight, towards which the weights are drawn."""
_TOLERANCE = 1e-5
"""Greatest projected gradient, per unit of weight, that still counts as the optimum."""
_STARTS = 5
"""How often the solver is started at most."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted map from features to a probability."""

    weights: tuple[float, ...]
    """One per feature, in log-odds per unit of the feature; none negative."""
    intercept: float
    """Log-odds where all features are 0."""

    def __post_init__(self) -> None:
        if not all(math.isfinite(weight) and weight >= 0 for weight in self.weights):
            raise CalibrationError(f"weights must be finite and not negative; found {self.weights}")
        if not math.isfinite(self.intercept):
            raise CalibrationError(f"the intercept must be finite; found {self.intercept}")

    def __call__(self, features: Sequence[float]) -> float:
        """Probability for one row of features."""
        odds = self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


class LogisticFitter:
    """Gathers labelled rows; `fit` returns the non-negative ridge fit to all of them.

    It minimises sum(row weight * log loss) + ridge / 2 * |weights - m|^2 subject to weights >= 0. The intercept is
    neither penalised nor bounded. m is 0 by default. With `common` m is one more number >= 0 that is fitted as
    well and is itself drawn to 0, a hundredth as strongly. A feature of which the rows say little then counts as
    much as features do on average, instead of nothing. The problem is convex, so the fit needs no seed.
    Solver: L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995).
    """

    def __init__(self, ridge: float = 0.1, *, common: bool = False) -> None:
        if not (math.isfinite(ridge) and ridge > 0):
            raise CalibrationError(
                f"ridge must be positive: without it separable data have no fit; found {ridge}"
            )
        self._ridge, self._common = ridge, common
        self._rows: list[tuple[_Features, _Labels, _Vector]] = []

    def update(self, features: _Features, labels: _Labels, weights: _Vector | None = None) -> None:
        """Add rows: features, labels, and how much each row counts (1 by default)."""
        weights = np.ones(len(labels)) if weights is None else weights
        if not len(features) == len(labels) == len(weights):
            raise CalibrationError(
                f"found {len(features)} rows of features, {len(labels)} labels and {len(weights)} weights"
            )
        if self._rows and features.shape[1] != self._rows[0][0].shape[1]:
            raise CalibrationError(
                f"found rows of {features.shape[1]} features after rows of {self._rows[0][0].shape[1]}"
            )
        if not (np.isfinite(features).all() and np.isfinite(weights).all() and (weights >= 0).all()):
            raise CalibrationError("features must be finite; weights of rows finite and not negative")
        self._rows.append((features, labels, weights))

    def fit(self) -> Logistic:
        """The fit. Raises CalibrationError unless rows of both labels carry weight."""
        features, labels, weights = self._gathered()
        ridge, truth = self._ridge / weights.sum(), labels.astype(np.float64)
        problem = _Problem(features, truth, weights / weights.sum(), ridge, self._common)
        width = features.shape[1]
        found = problem.solved(np.zeros(width + 2))
        return Logistic(tuple(float(w) for w in found[:width]), float(found[-1]))

    def _gathered(self) -> tuple[_Features, _Labels, _Vector]:
        if not self._rows:
            raise CalibrationError("found no rows to fit; call `update` first")
        features, labels, weights = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        positive, negative = weights[labels].sum(), weights[~labels].sum()
        if not (positive > 0 and negative > 0):
            raise CalibrationError(
                f"a fit needs rows of both labels; found weight {positive:g} on deceptive rows and "
                f"{negative:g} on honest ones"
            )
        return features, labels, weights


@dataclass(frozen=True, slots=True)
class _Problem:
    """The objective, per unit of row weight; its parameters are the slopes, the common weight m, the intercept."""

    features: _Features
    labels: _Vector
    weights: _Vector
    ridge: float
    common: bool

    def loss_and_gradient(self, parameters: _Parameters) -> tuple[float, _Parameters]:
        slopes, centre = parameters[:-2], parameters[-2] if self.common else 0.0
        odds = self.features @ slopes + parameters[-1]
        away = slopes - centre
        # log(1 + e^odds) - y * odds is the log loss, in a form that does not overflow.
        loss = self.weights @ (np.logaddexp(0.0, odds) - self.labels * odds)
        loss += self.ridge / 2 * (away @ away + _LOOSE * centre**2)
        # exp(-log(1 + e^-odds)) is the probability, again without overflow.
        residual = self.weights * (np.exp(-np.logaddexp(0.0, -odds)) - self.labels)
        pull = self.ridge * (_LOOSE * centre - away.sum()) if self.common else 0.0
        gradient = [*(self.features.T @ residual + self.ridge * away), pull, residual.sum()]
        return float(loss), np.array(gradient)

    def solved(self, parameters: _Parameters) -> _Parameters:
        """The optimum. CalibrationError where it is not reached.

        The solver stops too early where rounding hides any further fall of the loss, so its own word is not
        enough: the gradient must be small. Started again from where it stopped, without its memory, it goes on.
        """
        from scipy.optimize import minimize

        bounds = [(0.0, None)] * (len(parameters) - 1) + [(None, None)]
        options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxfun": 10_000}
        for _ in range(_STARTS):
            loss = self.loss_and_gradient
            found = minimize(loss, parameters, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
            parameters = found.x
            worst = self._slope(parameters)
            if worst <= _TOLERANCE:
                return parameters
        raise CalibrationError(
            f"the fit did not converge: gradient {worst:.1e}, wanted at most {_TOLERANCE:.0e}. "
            "Bring the features to comparable scales or raise the ridge."
        )

    def _slope(self, parameters: _Parameters) -> float:
        """Greatest part of the gradient along which the loss could still fall."""
        _, gradient = self.loss_and_gradient(parameters)
        # At a bound of 0 a slope may only rise, so a positive gradient there leaves nothing to gain.
        gradient[:-1] = np.where(parameters[:-1] > 0, gradient[:-1], np.minimum(gradient[:-1], 0.0))
        return float(np.abs(gradient).max())
