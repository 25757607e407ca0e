"""Affine maps of residual vectors, one or one for each site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float
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

    def __len__(self) -> int:
        return len(self.weight)

    def __call__(self, states: Float[Tensor, "site n d"]) -> Float[Tensor, "site n e"]:
        """Each site's states under its own map, in one operation."""
        # states [s, n, d] @ weight^T [s, d, e] + bias [s, 1, e]
        return torch.baddbmm(self.bias.to(states)[:, None], states, self.weight.to(states).mT)

    def where(self, chosen: Bool[Tensor, " site"], other: Affines) -> Affines:
        """These maps at the chosen sites, the others' elsewhere."""
        weight = torch.where(chosen[:, None, None], self.weight, other.weight)
        return Affines(weight, torch.where(chosen[:, None], self.bias, other.bias))

    def mixed(self, share: float, other: Affines) -> Affines:
        """`share` of these maps, the rest of the others."""
        return Affines(torch.lerp(other.weight, self.weight, share), torch.lerp(other.bias, self.bias, share))

    def at(self, index: Sequence[int] | slice) -> Affines:
        """Those of some sites."""
        return Affines(self.weight[index], self.bias[index])

    def like(self, other: Tensor) -> Affines:
        """The same in another tensor's dtype and on its device."""
        return Affines(self.weight.to(other), self.bias.to(other))

    @staticmethod
    def joined(parts: Sequence[Affines]) -> Affines:
        """One after another."""
        return Affines(torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]))

    @staticmethod
    def identity(sites: int, width: int, dtype: torch.dtype = torch.float32) -> Affines:
        """The map that changes nothing, at every site."""
        eye = torch.eye(width, dtype=dtype).expand(sites, width, width)
        return Affines(eye.clone(), torch.zeros(sites, width, dtype=dtype))
