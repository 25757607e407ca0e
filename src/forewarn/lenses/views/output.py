"""What is written, in output tokens."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.transports.transport import Transport
from forewarn.lenses.views.effect import TokenView, effect_of
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy


def output_view(
    anatomy: Anatomy, transport: Transport, site: StreamSite, vectors: Float[Tensor, "k d"]
) -> TokenView:
    """Change of the logits, centred over tokens, when one unit of each vector is written at `site`.

    `U D_f A v`, where A leads to the last site and D_f is the linear part of the final norm (Elhage et al. 2021,
    corrected or not): no bias, and the norm's 1/sigma left out, which is one factor for all tokens of a context. A
    soft cap is taken for the identity.

    Raises:
        NotApplicableError: the model has no such unembedding; says what was found.
        ConfigurationError: the vectors have not the stream's width, or the site is unknown.
    """
    final, unembedding = anatomy.readout()
    pushed = transport.push(vectors, site, StreamSite(len(anatomy.blocks)))
    logits = pushed @ final.fold(unembedding).to(pushed).T
    return TokenView(logits - logits.mean(-1, keepdim=True), effect_of(transport), transport.name)
