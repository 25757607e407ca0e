"""Neurons and heads of one block, in the coordinates of the residual stream."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.records import StreamSite
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.rotary import Rotary


@dataclass(frozen=True, slots=True)
class Unsupported:
    """What stands in an anatomy where a part cannot be given as vectors of the stream."""

    reason: str
    """What was found and what was wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class MlpWeights:
    """The n neurons of one block.

    `pre = read h / sigma(h) + bias`; the activation is `f(pre)`, or `f(pre) * (up h / sigma(h) + up_bias)` in a
    gated MLP; the block adds `activation @ write` and a constant to the stream.
    """

    site: StreamSite
    """Where it reads: the middle of block k, or the block's input in a parallel block."""
    norm: NormWeights
    """What stands between the stream there and its matrices."""
    read: Float[Tensor, "n d"]
    """Folded read vectors, those of the gate in a gated MLP."""
    bias: Float[Tensor, " n"]
    """What is added to `read h / sigma`, the norm's own shift included."""
    up: Float[Tensor, "n d"] | None
    """Folded read vectors of the linear factor of a gated MLP; None where there is one factor only."""
    write: Float[Tensor, "n d"]
    """What one unit of activation adds to the stream, the residual multiplier included."""
    writes_to: StreamSite
    """The first site that holds what it wrote."""
    up_bias: Float[Tensor, " n"] | None = None
    """The constant of the linear factor."""

    @property
    def n(self) -> int:
        """Number of neurons."""
        return int(self.write.shape[0])

    def pre(self, h: Float[Tensor, "*t d"]) -> Float[Tensor, "*t n"]:
        """Pre-activations (of the gate, in a gated MLP) for the stream at `site`."""
        return (h @ self.read.T) / self.norm.sigma(h)[..., None] + self.bias

    def linear(self, h: Float[Tensor, "*t d"]) -> Float[Tensor, "*t n"] | None:
        """The linear factor of a gated MLP for the stream at `site`; None where there is none."""
        if self.up is None or self.up_bias is None:
            return None
        return (h @ self.up.T) / self.norm.sigma(h)[..., None] + self.up_bias


@dataclass(frozen=True, slots=True, eq=False)
class HeadWeights:
    """The h heads of one block's attention, each with its own query, key and value: shared ones are repeated.

    With x = h / sigma(h): value `v = value x + value_bias`; score of a query at t with a key at s
    `scale * q . R(s - t) k`, where R is `rotary` or the identity; the block adds
    `sum over heads of (attention-weighted mean of v) @ write` and a constant to the stream.
    """

    site: StreamSite
    """Where it reads: the input of block k."""
    norm: NormWeights
    """What stands between the stream there and its matrices."""
    query: Float[Tensor, "h q d"] | None
    """Folded; None where the scores are not bilinear in the stream (`reason`)."""
    key: Float[Tensor, "h q d"] | None
    """Folded; None where `query` is."""
    value: Float[Tensor, "h r d"]
    """Folded read vectors of the value channels."""
    write: Float[Tensor, "h r d"]
    """Row i of head h: what one unit of its value channel i adds to the stream, the multiplier included."""
    writes_to: StreamSite
    """The first site that holds what they wrote."""
    rotary: Rotary | None = None
    """How queries and keys turn with position; None where they do not."""
    scale: float = 1.0
    """Factor of the scores, usually one over the root of the head's width."""
    query_bias: Float[Tensor, "h q"] | None = None
    """Constant part of the queries; None where `query` is."""
    key_bias: Float[Tensor, "h q"] | None = None
    """Constant part of the keys; None where `query` is."""
    value_bias: Float[Tensor, "h r"] | None = None
    """Constant part of the values; None stands for zero."""
    reason: str = ""
    """Why `query` and `key` are None; empty where they are there."""

    @property
    def n(self) -> int:
        """Number of heads."""
        return int(self.write.shape[0])

    def values(self, h: Float[Tensor, "*t d"]) -> Float[Tensor, "*t h r"]:
        """Values of each head for the stream at `site`."""
        return self._rows(h, self.value, self.value_bias)

    def queries(self, h: Float[Tensor, "*t d"]) -> Float[Tensor, "*t h q"] | None:
        """Queries of each head, not yet turned; None where there are none."""
        return None if self.query is None else self._rows(h, self.query, self.query_bias)

    def keys(self, h: Float[Tensor, "*t d"]) -> Float[Tensor, "*t h q"] | None:
        """Keys of each head, not yet turned; None where there are none."""
        return None if self.key is None else self._rows(h, self.key, self.key_bias)

    def _rows(self, h: Tensor, reads: Tensor, bias: Tensor | None) -> Tensor:
        out = torch.einsum("...d,hrd->...hr", h, reads) / self.norm.sigma(h)[..., None, None]
        return out if bias is None else out + bias


@dataclass(frozen=True, slots=True, eq=False)
class BlockAnatomy:
    """One block."""

    layer: int
    """k of 1 to L: the block whose output is site k."""
    mlp: MlpWeights | Unsupported
    """Its neurons."""
    heads: HeadWeights | Unsupported
    """Its heads."""
