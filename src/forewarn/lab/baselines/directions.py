"""A direction of the residual stream that tells two groups apart, and a yardstick along a direction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from forewarn.lab.baselines.figures import mean, quotient, spread

RIDGE: Final = 10.0
"""Penalty on squared weights of standardised states, as in the deception probes of arXiv 2502.03407."""
STEPS: Final = 50
"""Most Newton steps; about eight are taken."""
CONVERGED: Final = 1e-9
"""Greatest step that still counts as the end; weights that are all smaller are rounding."""
LEAST_SCALE: Final = 1e-3
"""An entry's standard deviation counts as at least this share of the root mean square of all."""
QUANTILE: Final = 0.99
"""Of ordinary states so many lie below the mark."""
Vector = Float[Tensor, " d"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """Positions along a direction, in units of the spread of some ordinary states."""

    direction: Vector
    """Any length but 0, float64."""
    middle: float
    """Mean of the ordinary states."""
    unit: float
    """Their standard deviation."""
    mark: float
    """Their 99 % quantile."""

    names: ClassVar[tuple[str, str]] = ("mean score", "share above the mark")
    """Of the two figures."""

    @staticmethod
    def of(direction: Vector, ordinary: Float[Tensor, "n d"]) -> Yardstick:
        """Set by ordinary states; without any, and along a direction of length 0, it gives nan."""
        along = ordinary @ direction
        mark = float(along.quantile(QUANTILE)) if len(along) else math.nan
        return Yardstick(direction, mean(along), spread(along), mark)

    def figures(self, states: Float[Tensor, "n d"]) -> tuple[float, float]:
        """Mean position, 0 for the ordinary mean; share of states above the mark. nan of no states."""
        along = states @ self.direction
        share = mean((along > self.mark).double()) if self.unit > 0 else math.nan
        return quotient(mean(along) - self.middle, self.unit), share


def scales(states: Float[Tensor, "n d"]) -> Vector:
    """Standard deviation of each entry, none much smaller than the others'."""
    found = states.std(0, correction=0)
    return found.clamp_min(max(LEAST_SCALE * float(found.square().mean().sqrt()), 1e-12))


def separating(states: Float[Tensor, "n d"], labels: Bool[Tensor, " n"]) -> Vector:
    """The direction along which a state looks more like the labelled ones: weights of a ridge logistic regression.

    Minimises log loss + RIDGE / 2 |w|^2 over standardised states with a free intercept, by Newton's method
    (Hastie, Tibshirani, Friedman, section 4.4.1); given back in the states' own units. 0 where one label is
    missing or the groups do not differ.
    """
    if len(labels) == 0 or bool(labels.all()) or not bool(labels.any()):
        return states.new_zeros(states.shape[1])
    scale = scales(states)
    # Standardised states, and a column of ones for the intercept.
    x = torch.cat([(states - states.mean(0)) / scale, states.new_ones(len(states), 1)], 1)
    weight = _newton(x, labels.to(x))[:-1]
    return weight * (float(weight.abs().max()) > CONVERGED) / scale


def _newton(x: Float[Tensor, "n e"], y: Float[Tensor, " n"]) -> Float[Tensor, " e"]:
    weight, penalty = x.new_zeros(x.shape[1]), x.new_full((x.shape[1],), RIDGE)
    penalty[-1] = 0.0  # the intercept is free
    for _ in range(STEPS):
        p = (x @ weight).sigmoid()
        # Second derivative of the log loss; p (1 - p) is kept above 0, so that sure predictions stay solvable.
        curvature = (x * (p * (1 - p)).clamp_min(1e-9)[:, None]).T @ x + penalty.diag()
        step = torch.linalg.solve(curvature, x.T @ (p - y) + penalty * weight)
        weight = weight - step
        if float(step.abs().max()) < CONVERGED:
            break
    return weight
