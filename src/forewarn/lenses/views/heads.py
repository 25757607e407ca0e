"""Attention heads in tokens: what they look for (QK) and what they carry over (OV), as factors."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.transports.transport import Transport
from forewarn.lenses.views.effect import effect_of
from forewarn.lenses.views.factors import Factors
from forewarn.lenses.views.inputs import input_view, through_name
from forewarn.lenses.views.output import output_view
from forewarn.subjects.anatomy import Anatomy, HeadWeights


def ov_factors(
    anatomy: Anatomy,
    layer: int,
    head: int,
    transport: Transport,
    tokens: Transport | LensSet | None = None,
) -> Factors:
    """What a head adds to the logits when it attends to a token: rows attended tokens, columns output tokens.

    `(E - mean) A_0^T W_V^T . W_O A^T D_f U^T`, centred over output tokens, for an attention of 1 (Elhage et al.
    2021). `transport` leads from the head's output to the last site, `tokens` from the embedding to the head (the
    same transport by default; a lens set stands for its generative map). 1/sigma of both norms is left out.

    Raises:
        NotApplicableError: the block's heads, or the unembedding, cannot be given as vectors of the stream.
        ConfigurationError: there is no such block or head.
    """
    weights = _heads(anatomy, layer, head)
    into = transport if tokens is None else tokens
    left = input_view(anatomy, into, weights.site, weights.value[head]).values.T
    right = output_view(anatomy, transport, weights.writes_to, weights.write[head]).values.T
    return Factors(left, right, effect_of(into, transport), _names(into, transport))


def qk_factors(
    anatomy: Anatomy, layer: int, head: int, tokens: Transport | LensSet, back: int = 0
) -> Factors:
    """How much a query token's attention to a key token `back` positions before it is raised: rows queries.

    `scale (E - mean) A_0^T W_Q^T R(-back) W_K A_0 (E - mean)^T`, the bilinear part of the score: what only one of
    the two tokens brings, biases and 1/sigma of both positions are left out.

    Raises:
        NotApplicableError: the scores of this head are not bilinear in the stream; says why.
        ConfigurationError: there is no such block or head, or `back` is negative.
    """
    weights = _heads(anatomy, layer, head)
    if weights.query is None or weights.key is None:
        raise NotApplicableError(weights.reason)
    if back < 0:
        raise ConfigurationError(f"a key stands 0 or more positions before its query; found {back}")
    queries = input_view(anatomy, tokens, weights.site, weights.query[head]).values.T
    keys = input_view(anatomy, tokens, weights.site, weights.key[head]).values.T
    left = weights.scale * queries
    return Factors(left, _turned(weights, keys, -back), effect_of(tokens), through_name(tokens))


def _turned(weights: HeadWeights, keys: Float[Tensor, "v q"], offset: int) -> Float[Tensor, "v q"]:
    return keys if weights.rotary is None else weights.rotary.turn(keys, offset)


def _heads(anatomy: Anatomy, layer: int, head: int) -> HeadWeights:
    weights = anatomy.heads(layer)
    if not 0 <= head < weights.n:
        raise ConfigurationError(f"block {layer} has heads 0 to {weights.n - 1}; found {head}")
    return weights


def _names(into: Transport | LensSet, transport: Transport) -> str:
    first, second = through_name(into), transport.name
    return first if first == second else f"{first}, {second}"
