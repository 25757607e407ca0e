"""The weights of a whole decoder as vectors of its residual stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.parts import BlockAnatomy, HeadWeights, MlpWeights, Unsupported


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """The weights are found by behaviour and verified on prompts. What cannot be given is `Unsupported`, with why.

    Copies of the weights, on the CPU, in the type that the subject computes in.
    """

    blocks: Sequence[BlockAnatomy]
    """The blocks in the order in which they run. Those of a subject are found when they are first asked for."""
    final: NormWeights | Unsupported
    """The norm before the unembedding."""
    unembedding: Float[Tensor, "v d"] | Unsupported
    """Row t: what token t's logit reads from the normed stream, the scale of the logits included."""
    embedding: Float[Tensor, "v d"]
    """Vectors of all token ids as the first block sees them, positions left out (`Subject.embedding_of`)."""
    unembedding_bias: Float[Tensor, " v"] | None = None
    """Constant part of the logits, before a soft cap; None where there is none."""

    def block(self, layer: int) -> BlockAnatomy:
        """Block `layer`, counted from 1.

        Raises:
            ConfigurationError: there is no such block.
        """
        if not 1 <= layer <= len(self.blocks):
            raise ConfigurationError(f"a block lies in 1 to {len(self.blocks)}; found {layer}")
        return self.blocks[layer - 1]

    def mlp(self, layer: int) -> MlpWeights:
        """The neurons of a block.

        Raises:
            NotApplicableError: they cannot be given as vectors of the stream.
        """
        found = self.block(layer).mlp
        if isinstance(found, Unsupported):
            raise NotApplicableError(found.reason)
        return found

    def heads(self, layer: int) -> HeadWeights:
        """The heads of a block.

        Raises:
            NotApplicableError: they cannot be given as vectors of the stream.
        """
        found = self.block(layer).heads
        if isinstance(found, Unsupported):
            raise NotApplicableError(found.reason)
        return found

    def readout(self) -> tuple[NormWeights, Float[Tensor, "v d"]]:
        """The final norm and the unembedding matrix.

        Raises:
            NotApplicableError: one of them cannot be given.
        """
        final, unembedding = self.final, self.unembedding
        if isinstance(final, Unsupported):
            raise NotApplicableError(final.reason)
        if isinstance(unembedding, Unsupported):
            raise NotApplicableError(unembedding.reason)
        return final, unembedding
