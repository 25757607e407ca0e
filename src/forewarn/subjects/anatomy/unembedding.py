"""The final norm and the unembedding as one matrix, whatever modules make them."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.anatomy.affine import is_affine, measured
from forewarn.subjects.anatomy.measuring import measure_norm
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.parts import Unsupported
from forewarn.subjects.reading.readout import DecoderReadout

_VECTORS = 16


@dataclass(frozen=True, slots=True, eq=False)
class ReadoutWeights:
    """What the model does to the last site, before a soft cap or log-softmax."""

    final: NormWeights | Unsupported
    """The norm."""
    unembedding: Float[Tensor, "v d"] | Unsupported
    """All linear steps after it as one matrix, the scale of the logits included."""
    bias: Float[Tensor, " v"] | None
    """Constant part of the logits; None where there is none."""


def find_readout(readout: DecoderReadout, like: Float[Tensor, " d"]) -> ReadoutWeights:
    """The first steps are the norm, as few as leave an affine rest; the rest is composed."""
    steps = readout.found.layout.readout
    for k in range(len(steps) + 1):
        before, rest = _Steps(readout, steps[:k], False), _Steps(readout, steps[k:], True)
        zero = before(like.new_zeros(1, len(like)))[0]
        if is_affine(rest, zero.new_zeros(len(zero))):
            return _composed(before, rest, like)
    missing = Unsupported(
        f"a norm and then linear maps were wanted before the logits; found {', '.join(steps)} and then "
        f"{readout.found.layout.unembedding!r}, which are not linear after any of them"
    )
    return ReadoutWeights(missing, missing, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Some steps of the readout as a function of vectors."""

    readout: DecoderReadout
    names: tuple[str, ...]
    unembeds: bool

    def __call__(self, x: Float[Tensor, "n w"]) -> Float[Tensor, "n u"]:
        y = x[:, None]
        for name in self.names:
            y = self.readout.step(name, y)
        return (self.readout.unembed(y) if self.unembeds else y)[:, 0]

    def weight(self) -> Tensor | None:
        """The one matrix that these steps may be."""
        layout = self.readout.found.layout
        if self.names:
            return None
        if layout.functional:
            return self.readout.found.tensor(layout.unembedding)
        found = getattr(self.readout.found.part(layout.unembedding), "weight", None)
        return found if isinstance(found, Tensor) else None


def _composed(before: _Steps, rest: _Steps, like: Tensor) -> ReadoutWeights:
    same_width = before(like.new_zeros(1, len(like))).shape[-1] == len(like)
    norm = measure_norm(before, _VECTORS, like) if same_width else None
    if norm is None:
        missing = Unsupported(
            f"what comes before the unembedding, {', '.join(before.names)}, is neither a layer norm nor a "
            "root-mean-square norm of the last site"
        )
        return ReadoutWeights(missing, missing, None)
    matrix, constant = measured(rest, like, rest.weight())
    scale = rest.readout.found.layout.tail.scale
    bias = constant * scale if bool((constant != 0).any()) else None
    return ReadoutWeights(norm, matrix if scale == 1.0 else matrix * scale, bias)
