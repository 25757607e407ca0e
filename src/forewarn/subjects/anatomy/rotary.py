"""The rotation that some models give to queries and keys, by position."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Rotary:
    """Pairs of coordinates turn by `position * frequency` radians (Su et al. 2021, arXiv 2104.09864).

    The score of a query at t with a key at s depends on both through `q . R(s - t) k`.
    """

    pairs: Int[Tensor, "p 2"]
    """Which two coordinates of a head turn together; those in no pair stay."""
    frequencies: Float[Tensor, " p"]
    """Radians a position."""

    def turn(self, vectors: Float[Tensor, "*n r"], position: int) -> Float[Tensor, "*n r"]:
        """R(position) applied to each vector: (a, b) becomes (a cos - b sin, b cos + a sin)."""
        angle = self.frequencies.to(vectors) * position
        first, second = (vectors[..., self.pairs[:, k]] for k in (0, 1))
        out = vectors.clone()
        out[..., self.pairs[:, 0]] = first * torch.cos(angle) - second * torch.sin(angle)
        out[..., self.pairs[:, 1]] = second * torch.cos(angle) + first * torch.sin(angle)
        return out
