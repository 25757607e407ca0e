"""Reading an answer from residuals by a linear probe: a shared-covariance classifier in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class LinearProbe:
    """Linear discriminant with equal priors (Fisher 1936; Hastie, Tibshirani, Friedman, section 4.3)."""

    weight: Float[Tensor, "c d"]
    bias: Float[Tensor, " c"]
    classes: Int[Tensor, " c"]
    """Labels of the rows of `weight`."""

    def __call__(self, states: Float[Tensor, "n d"]) -> Int[Tensor, " n"]:
        """Most probable label of each state."""
        scores = states.double() @ self.weight.T + self.bias
        return self.classes[scores.argmax(-1)]


def fit(states: Float[Tensor, "n d"], labels: Int[Tensor, " n"], shrinkage: float = 0.1) -> LinearProbe:
    """Fit by class means and pooled covariance, shrunk towards a multiple of the identity.

    `shrinkage` in (0, 1]; 1 gives nearest class mean. Accumulated in float64. ValueError below two classes.
    """
    classes, index = torch.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"a linear probe needs states of at least two answers; found {len(classes)}")
    x = states.double()
    means = torch.stack([x[index == i].mean(0) for i in range(len(classes))])
    covariance = _shrunk((x - means[index]).T @ (x - means[index]) / len(x), shrinkage)
    # With one covariance for all classes the log-density is linear: x' S^-1 m - m' S^-1 m / 2.
    weight = torch.linalg.solve(covariance, means.T).T
    return LinearProbe(weight, -0.5 * (weight * means).sum(-1), classes)


def _shrunk(covariance: Float[Tensor, "d d"], shrinkage: float) -> Float[Tensor, "d d"]:
    scale = covariance.diagonal().mean().clamp_min(1e-12)
    eye = torch.eye(len(covariance), dtype=covariance.dtype, device=covariance.device)
    return (1 - shrinkage) * covariance + shrinkage * scale * eye
