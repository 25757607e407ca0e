"""Covariances taken apart, so that many ridges cost little more than one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

TRIMMED: Final = 0.1
"""Share of the largest eigenvalues that do not count for a covariance's scale."""
LEAST: Final = 1e-3
"""The scale is at least this share of the mean eigenvalue."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """S = Q diag(values) Q^T for each of some covariances, float64."""

    values: Float[Tensor, "site d"]
    """Not negative, ascending."""
    vectors: Float[Tensor, "site d d"]
    """Q, a column for each value."""

    @staticmethod
    def of(covariance: Float[Tensor, "site d d"]) -> Spectrum:
        """By eigh."""
        values, vectors = torch.linalg.eigh(covariance.double())
        return Spectrum(values.clamp_min(0.0), vectors)

    @property
    def scale(self) -> Float[Tensor, "site 1"]:
        """Mean of all but the largest tenth of the eigenvalues: a few massive activations do not decide it.

        At least a thousandth of the mean of all, and positive.
        """
        kept = self.values[:, : max(round((1 - TRIMMED) * self.values.shape[1]), 1)]
        mean = self.values.mean(1, keepdim=True)
        return torch.maximum(kept.mean(1, keepdim=True), LEAST * mean).clamp_min(1e-12)

    def solved(self, cross: Float[Tensor, "site e d"], ridge: float) -> Float[Tensor, "site e d"]:
        """C (S + l I)^-1 with l = ridge * scale: least squares, shrunk towards zero."""
        return self._inverse(cross, ridge)

    def solved_to_identity(self, cross: Float[Tensor, "site d d"], ridge: float) -> Float[Tensor, "site d d"]:
        """(C + l I)(S + l I)^-1 with l = ridge * scale: least squares, shrunk towards the identity."""
        added = (ridge * self.scale)[..., None] * torch.eye(cross.shape[-1]).to(cross)
        return self._inverse(cross + added, ridge)

    def whitener(self, damping: float) -> Float[Tensor, "site d d"]:
        """(S + l I)^-1/2 with l = damping * scale; symmetric."""
        scaled = self.vectors * (self.values + damping * self.scale).rsqrt()[:, None]
        return scaled @ self.vectors.mT

    def _inverse(self, cross: Tensor, ridge: float) -> Tensor:
        # Q diag(1 / (values + l)) Q^T: dividing the columns of Q spares the diagonal matrix.
        scaled = self.vectors / (self.values + ridge * self.scale)[:, None]
        return (cross.to(scaled) @ scaled) @ self.vectors.mT
