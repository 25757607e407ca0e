"""Means and covariances of the residual stream, gathered batch by batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affine
from forewarn.records import StreamSite

Pair = tuple[StreamSite, StreamSite]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """First and second moments of states and of the embeddings of their input tokens, in float64."""

    sites: tuple[StreamSite, ...]
    n: float
    """Number of tokens, or sum of their weights."""

    def mean(self, site: StreamSite) -> Float[Tensor, " d"]:
        """Mean state."""
        raise NotImplementedError

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]; ConfigurationError for a pair that was not gathered."""
        raise NotImplementedError

    def embedding_mean(self) -> Float[Tensor, " d"]:
        """Mean embedding of the input tokens."""
        raise NotImplementedError

    def embedding_covariance(self) -> Float[Tensor, "d d"]:
        """Covariance of the input tokens' embeddings."""
        raise NotImplementedError

    def cross(self, site: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_site - mean)(e - mean)^T], e the input token's embedding."""
        raise NotImplementedError

    def regression(self, source: StreamSite, target: StreamSite, ridge: float) -> Affine:
        """Least squares h_source -> h_target, ridged to the identity.

        A = (S_ts + l I)(S_ss + l I)^-1 with l = ridge * trace(S_ss) / d; the bias maps mean to mean.
        """
        raise NotImplementedError


@final
class MomentsFitter:
    """Adds batches up; `moments()` gives what they come to."""

    def __init__(
        self, sites: Sequence[StreamSite], width: int, pairs: Collection[Pair] | None = None
    ) -> None:
        """`pairs`: of which sites covariances between two are wanted; all by default (S^2/2 d x d matrices)."""

    def update(
        self,
        states: Float[Tensor, "site n d"],
        embeddings: Float[Tensor, "n d"] | None = None,
        weights: Float[Tensor, " n"] | None = None,
    ) -> None:
        """Add tokens; each counts once, or by its weight."""
        raise NotImplementedError

    def moments(self) -> Moments:
        """What was added so far."""
        raise NotImplementedError
