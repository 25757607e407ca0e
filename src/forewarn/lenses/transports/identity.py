"""No correction: every layer's stream is taken to be in one basis."""

from __future__ import annotations

from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.transports.transport import Transport, check_pair, check_vectors
from forewarn.records import StreamSite


@final
class Identity(Transport):
    """A = I, which is the direct path of a residual network exactly.

    With 1/sigma of the reading site it gives the effect of a write with everything in between frozen.
    """

    name: str = "identity"

    def push(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """The vectors."""
        check_pair(source, target)
        check_vectors(vectors, vectors.shape[-1])
        return vectors.clone()

    def pull(
        self, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """The covectors."""
        return self.push(covectors, source, target)

    def spread(self, source: StreamSite, target: StreamSite) -> float:
        """0: it depends on no context."""
        check_pair(source, target)
        return 0.0
