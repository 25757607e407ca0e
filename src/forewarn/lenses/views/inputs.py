"""What is read, in input tokens."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.transports.transport import Transport, check_vectors
from forewarn.lenses.views.effect import TokenView, effect_of
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy

GENERATIVE = "generative"
"""Name of the map from token embeddings to states, where a lens set takes the place of a transport."""


def input_view(
    anatomy: Anatomy, through: Transport | LensSet, site: StreamSite, reads: Float[Tensor, "k d"]
) -> TokenView:
    """How much more each token drives a reading at `site` than the mean token does: `(E - mean) A^T w`.

    With a transport, A leads from the embedding to `site`: the token's own embedding is followed there, at its own
    position. With a lens set A is B, the least-squares map from embedding to state: which tokens come with states
    that drive the reading. That is an association over the prompts of the fit, not an intervention. Biases, and
    the reading norm's 1/sigma, are left out.

    Raises:
        ConfigurationError: the vectors have not the stream's width, or the site is unknown.
    """
    at_embedding = carried(through, site, reads)
    embedding = anatomy.embedding.to(at_embedding)
    values = at_embedding @ (embedding - embedding.mean(0)).T
    return TokenView(values, effect_of(through), through_name(through))


def carried(
    through: Transport | LensSet, site: StreamSite, reads: Float[Tensor, "k d"]
) -> Float[Tensor, "k d"]:
    """A^T w: the readings at `site` as readings of the token's embedding."""
    if isinstance(through, Transport):
        return through.pull(reads, StreamSite(0), site)
    weight = through.generate(site).weight
    check_vectors(reads, weight.shape[0])
    return reads @ weight.to(reads)


def through_name(through: Transport | LensSet) -> str:
    """The transport's name, or "generative"."""
    return through.name if isinstance(through, Transport) else GENERATIVE
