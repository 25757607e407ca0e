"""From the residual stream to logits, by the decoder's own modules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import layer_norm, linear, rms_norm

from forewarn.subjects.calling import gave_tensor
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Tail

FUNCTION = "function:"
"""Marks a readout step that is a bare function and no module, as in `function:rms_norm`."""


def apply_function(name: str, x: Float[Tensor, "*n d"]) -> Float[Tensor, "*n d"]:
    """One of the norms that a decoder may apply without a module, over the last axis and without weights."""
    shape = [x.shape[-1]]
    out: Tensor = rms_norm(x, shape) if name == FUNCTIONS[0] else layer_norm(x, shape)
    return out


FUNCTIONS = (f"{FUNCTION}rms_norm", f"{FUNCTION}layer_norm")


def with_tail(raw: Float[Tensor, "*n v"], tail: Tail) -> Float[Tensor, "*n v"]:
    """The logits that a decoder returns when its unembedding gave `raw`."""
    out = raw * tail.scale
    if tail.cap is not None:
        out = tail.cap * torch.tanh(out / tail.cap)
    return out.log_softmax(-1) if tail.normalised else out


@dataclass(frozen=True, slots=True)
class DecoderReadout:
    """norm, unembed, tail: what the decoder does after its last block."""

    found: FoundDecoder

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """Logits of residual vectors at the last site, whatever leading shape they have."""
        flat = self.prepare(h.reshape(-1, 1, h.shape[-1]))
        logits = with_tail(self.unembed(flat), self.found.layout.tail)
        return logits.reshape(*h.shape[:-1], logits.shape[-1])

    def prepare(self, x: Float[Tensor, "n 1 d"]) -> Float[Tensor, "n 1 w"]:
        """What the unembedding is given."""
        for name in self.found.layout.readout:
            x = self.step(name, x)
        return x

    def step(self, name: str, x: Float[Tensor, "n 1 w"]) -> Float[Tensor, "n 1 u"]:
        """One of the steps that `Layout.readout` names."""
        if name.startswith(FUNCTION):
            return apply_function(name, x)
        given = gave_tensor(self.found.part(name)(x))
        if given is None:
            raise TypeError(f"the module {name!r} returned no tensor")
        return given

    def unembed(self, x: Float[Tensor, "n 1 w"]) -> Float[Tensor, "n 1 v"]:
        """The raw output of the unembedding, before the tail."""
        if not self.found.layout.functional:
            out = gave_tensor(self.found.part(self.found.layout.unembedding)(x))
            if out is None:
                raise TypeError(f"the module {self.found.layout.unembedding!r} returned no tensor")
            return out
        matrix = self.found.tensor(self.found.layout.unembedding)
        return linear(x, oriented(matrix, x.shape[-1]))


def oriented(matrix: Float[Tensor, "a b"], width: int) -> Float[Tensor, "v w"]:
    """A matrix with the given width on its second axis; Conv1D keeps its weight the other way round."""
    return matrix if matrix.shape[1] == width else matrix.T
