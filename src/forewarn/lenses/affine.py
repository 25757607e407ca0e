"""Affine maps of residual vectors, one or one for each site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor


@final
@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x -> A x + b. The bias belongs to states; directions (weights, steering vectors) take `weight` alone."""

    weight: Float[Tensor, "e d"]
    """A."""
    bias: Float[Tensor, " e"]
    """b."""

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n e"]:
        """The image of states, in the states' own dtype."""
        return h @ self.weight.to(h).T + self.bias.to(h)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Affines:
    """One affine map for each of some sites, in their order."""

    weight: Float[Tensor, "site e d"]
    """The linear parts."""
    bias: Float[Tensor, "site e"]
    """The biases."""

    def __getitem__(self, index: int) -> Affine:
        """The map of the site at this place."""
        return Affine(self.weight[index], self.bias[index])

    def __call__(self, states: Float[Tensor, "site n d"]) -> Float[Tensor, "site n e"]:
        """Each site's states under its own map, in one operation."""
        return torch.baddbmm(self.bias.to(states)[:, None], states, self.weight.to(states).mT)

    @staticmethod
    def identity(sites: int, width: int, dtype: torch.dtype = torch.float32) -> Affines:
        """x -> x at every site."""
        eye = torch.eye(width, dtype=dtype).expand(sites, width, width)
        return Affines(eye.clone(), torch.zeros(sites, width, dtype=dtype))
