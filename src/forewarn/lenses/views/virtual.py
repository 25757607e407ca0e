"""Virtual weights: what one layer's neurons and heads write, as later neurons read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports.transport import Transport
from forewarn.lenses.views.effect import effect_of
from forewarn.records import StreamSite
from forewarn.records.ranking import Effect
from forewarn.subjects.anatomy import Anatomy

NeuronPart = Literal["gate", "up"]
"""Of a gated neuron: what opens it, or what it passes on; `gate` is all there is of another."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class VirtualWeights:
    """Mean change of each reading for one unit written."""

    values: Float[Tensor, "k n"]
    """Row i: what write i does to each reading, in the reading's own unit."""
    effect: Effect
    """Which effect it predicts."""
    through: str
    """Name of the transport."""


def virtual_weights(
    transport: Transport,
    source: StreamSite,
    writes: Float[Tensor, "k d"],
    reader: Reader,
    inverse_sigma: float = 1.0,
) -> VirtualWeights:
    """`E[1/sigma] w_j . A v_i` for all writes v_i at `source` and all readings w_j of `reader`.

    `inverse_sigma` is `Reader.inverse_sigma` of states at the reader's site; 1 leaves the factor out, which
    changes no order within one block. With the identity it is the effect of a write with all else frozen, exactly.

    Raises:
        ConfigurationError: the reader stands before the source, or a vector has not the stream's width.
    """
    # w . A v = A^T w . v: whichever side has fewer vectors is carried, since carrying costs passes.
    if len(writes) <= len(reader.read):
        values = transport.push(writes, source, reader.site) @ reader.read.to(writes).T
    else:
        values = writes @ transport.pull(reader.read.to(writes), source, reader.site).T
    return VirtualWeights(inverse_sigma * values, effect_of(transport), transport.name)


def neuron_readers(anatomy: Anatomy, layer: int, part: NeuronPart = "gate") -> Reader:
    """The neurons of a block as readers.

    Raises:
        NotApplicableError: they cannot be given as vectors of the stream, or are not gated and `part` is "up".
        ConfigurationError: there is no such block.
    """
    mlp = anatomy.mlp(layer)
    if part == "gate":
        return Reader.neurons(mlp)
    if mlp.up is None:
        raise NotApplicableError(
            f"the neurons of block {layer} have one factor each and no gate; only a gated MLP has an `up` part"
        )
    return Reader(mlp.site, mlp.norm, mlp.up)


def head_weights(
    anatomy: Anatomy,
    transport: Transport,
    layer: int,
    reader: Reader,
    inverse_sigma: float = 1.0,
) -> VirtualWeights:
    """How strongly each head of a block can drive each reading: [h n], never negative.

    For a head the norm, over its value channels, of the virtual weights from channel to reading: the largest
    change for a value vector of length 1.

    Raises:
        NotApplicableError: the block's heads cannot be given as vectors of the stream.
        ConfigurationError: there is no such block, or the reader stands before it.
    """
    heads = anatomy.heads(layer)
    h, r, d = heads.write.shape
    flat = virtual_weights(transport, heads.writes_to, heads.write.reshape(h * r, d), reader, inverse_sigma)
    values = flat.values.reshape(h, r, -1).norm(dim=1)
    return VirtualWeights(values, flat.effect, flat.through)
