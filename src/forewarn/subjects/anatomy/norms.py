"""The norm that stands between the residual stream and a matrix that reads from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

NormKind = Literal["layer", "rms", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class NormWeights:
    """`n(h) = gain * C h / sigma(h) + shift`; C takes the mean away for "layer" and is the identity otherwise.

    Only sigma depends on the data. It is kept apart (`sigma`); all else is folded into what reads (`fold`,
    `offset`): `W n(h) = fold(W) h / sigma(h) + offset(W)`, exactly.
    """

    kind: NormKind
    """"layer": mean and standard deviation; "rms": root mean square; "none": the stream itself is read."""
    gain: Float[Tensor, " d"]
    """gamma; 1 + w where a model keeps w, ones where there is none."""
    eps: float
    """Added to the variance or the mean square."""
    shift: Float[Tensor, " d"] | None = None
    """beta; None where there is none."""

    @staticmethod
    def absent(like: Float[Tensor, " d"]) -> NormWeights:
        """No norm, in the width and type of a vector."""
        return NormWeights("none", torch.ones_like(like), 0.0)

    def fold(self, reads: Float[Tensor, "*n d"]) -> Float[Tensor, "*n d"]:
        """Read vectors in raw residual coordinates: C (gain * W)."""
        # C is symmetric: centring what is read and centring the reading vector are the same.
        folded = reads * self.gain.to(reads)
        return folded - folded.mean(-1, keepdim=True) if self.kind == "layer" else folded

    def offset(self, reads: Float[Tensor, "*n d"]) -> Float[Tensor, "*n"]:
        """What the norm's own shift adds to every reading."""
        if self.shift is None:
            return reads.new_zeros(reads.shape[:-1])
        return reads @ self.shift.to(reads)

    def sigma(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n"]:
        """The standard deviation or root mean square of each vector, eps included; ones where there is no norm."""
        if self.kind == "none":
            return h.new_ones(h.shape[:-1])
        centred = h - h.mean(-1, keepdim=True) if self.kind == "layer" else h
        return (centred.square().mean(-1) + self.eps).sqrt()

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n d"]:
        """The normed vectors."""
        centred = h - h.mean(-1, keepdim=True) if self.kind == "layer" else h
        out = centred / self.sigma(h)[..., None] * self.gain.to(h)
        return out if self.shift is None else out + self.shift.to(h)
