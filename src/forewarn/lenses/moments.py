"""Means and covariances of the residual stream, gathered batch by batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.affine import Affine
from forewarn.records import StreamSite

SitePair = tuple[StreamSite, StreamSite]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """First and second moments of states and of the embeddings of their input tokens, in float64.

    Uncentred sums are kept about the first batch's mean, so that a stream far from zero costs no digits.
    """

    sites: tuple[StreamSite, ...]
    """In the order in which states were given."""
    n: float
    """Number of tokens, or sum of their weights."""
    origin: Float[Tensor, "site d"]
    """About which the sums were taken."""
    sums: Float[Tensor, "site d"]
    """Of states less origin."""
    products: Mapping[SitePair, Float[Tensor, "d d"]]
    """Of states less origin, for the pairs that were gathered."""
    embedding_sum: Float[Tensor, " d"] | None
    """Of the embeddings; None when none were given."""
    embedding_product: Float[Tensor, "d d"] | None
    """Of the embeddings with each other."""
    crosses: Float[Tensor, "site d d"] | None
    """Of states less origin with embeddings."""

    def mean(self, site: StreamSite) -> Float[Tensor, " d"]:
        """Mean state."""
        index = self._index(site)
        return self.origin[index] + self.sums[index] / self.n

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]; ConfigurationError for a pair that was not gathered."""
        one, two = self.sums[self._index(first)], self.sums[self._index(second)]
        return self._product(first, second) / self.n - torch.outer(one, two) / self.n**2

    def embedding_mean(self) -> Float[Tensor, " d"]:
        """Mean embedding of the input tokens."""
        return self._embeddings()[0] / self.n

    def embedding_covariance(self) -> Float[Tensor, "d d"]:
        """Covariance of the input tokens' embeddings."""
        total, product, _ = self._embeddings()
        return product / self.n - torch.outer(total, total) / self.n**2

    def cross(self, site: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_site - mean)(e - mean)^T], e the input token's embedding."""
        index, (total, _, crosses) = self._index(site), self._embeddings()
        return crosses[index] / self.n - torch.outer(self.sums[index], total) / self.n**2

    def regression(self, source: StreamSite, target: StreamSite, ridge: float) -> Affine:
        """Least squares h_source -> h_target, ridged to the identity.

        A = (S_ts + l I)(S_ss + l I)^-1 with l = ridge * trace(S_ss) / d; the bias maps mean to mean.
        """
        own = self.covariance(source, source)
        eye = torch.eye(len(own), dtype=own.dtype) * (ridge * own.diagonal().mean())
        # (S_ss + l I)^-1 (S_st + l I) is A^T: solving with the symmetric matrix on the left spares its inverse.
        weight = torch.linalg.solve(own + eye, self.covariance(source, target) + eye).T
        return Affine(weight, self.mean(target) - weight @ self.mean(source))

    def _product(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        if (first, second) in self.products:
            return self.products[first, second]
        if (second, first) in self.products:
            return self.products[second, first].T
        raise ConfigurationError(
            f"the covariance of {first} with {second} was not gathered; give the pair to MomentsFitter"
        )

    def _embeddings(self) -> tuple[Tensor, Tensor, Tensor]:
        if self.embedding_sum is None or self.embedding_product is None or self.crosses is None:
            raise ConfigurationError("no embeddings were given to MomentsFitter.update; wanted one a token")
        return self.embedding_sum, self.embedding_product, self.crosses

    def _index(self, site: StreamSite) -> int:
        if site not in self.sites:
            raise ConfigurationError(
                f"nothing was gathered at {site}; sites are {', '.join(map(str, self.sites))}"
            )
        return self.sites.index(site)


@final
class MomentsFitter:
    """Adds batches up; `moments()` gives what they come to."""

    def __init__(
        self, sites: Sequence[StreamSite], width: int, pairs: Collection[SitePair] | None = None
    ) -> None:
        """`pairs`: of which sites covariances between two are wanted; all by default (S^2/2 d x d matrices)."""
        self._sites, self._n = tuple(sites), 0.0
        every = ((a, b) for i, a in enumerate(self._sites) for b in self._sites[i:])
        self._products = {pair: _zeros(width, width) for pair in (every if pairs is None else pairs)}
        self._sums, self._origin = _zeros(len(self._sites), width), torch.empty(0)
        self._shape = (len(self._sites), width)
        self._embedding: tuple[Tensor, Tensor, Tensor] | None = None

    def update(
        self,
        states: Float[Tensor, "site n d"],
        embeddings: Float[Tensor, "n d"] | None = None,
        weights: Float[Tensor, " n"] | None = None,
    ) -> None:
        """Add tokens; each counts once, or by its weight. ConfigurationError for other shapes than before."""
        self._check(states, embeddings, weights)
        # float64: a covariance is the difference of two large numbers where the mean is far from zero.
        x = states.double()
        w = torch.ones_like(x[0, :, 0]) if weights is None else weights.to(x)
        if not self._origin.numel():
            self._origin = x.mean(1) if x.shape[1] else x.new_zeros(self._shape)
        x = x - self._origin[:, None]
        self._n += float(w.sum())
        self._sums += torch.einsum("snd,n->sd", x, w)
        index = {site: i for i, site in enumerate(self._sites)}
        for first, second in self._products:
            self._products[first, second] += (x[index[first]] * w[:, None]).T @ x[index[second]]
        if embeddings is not None:
            self._add_embeddings(x, embeddings.to(x), w)

    def moments(self) -> Moments:
        """What was added so far; ConfigurationError when nothing was."""
        if self._n <= 0:
            raise ConfigurationError("moments need at least one token of positive weight; found none")
        products = {pair: total.clone() for pair, total in self._products.items()}
        held = (None,) * 3 if self._embedding is None else tuple(t.clone() for t in self._embedding)
        return Moments(self._sites, self._n, self._origin, self._sums.clone(), products, *held)

    def _add_embeddings(self, x: Tensor, e: Tensor, w: Tensor) -> None:
        weighted = e * w[:, None]
        added = (weighted.sum(0), weighted.T @ e, torch.einsum("snd,ne->sde", x, weighted))
        old = self._embedding
        self._embedding = added if old is None else (old[0] + added[0], old[1] + added[1], old[2] + added[2])

    def _check(self, states: Tensor, embeddings: Tensor | None, weights: Tensor | None) -> None:
        n = states.shape[1] if states.ndim == 3 else -1
        if n < 0 or (states.shape[0], states.shape[2]) != self._shape:
            raise ConfigurationError(
                f"states are [{self._shape[0]}, n, {self._shape[1]}]; found {list(states.shape)}"
            )
        for name, given in (("embeddings", embeddings), ("weights", weights)):
            if given is not None and len(given) != n:
                raise ConfigurationError(f"{n} tokens were given with {len(given)} {name}")
        if self._n and (embeddings is None) != (self._embedding is None):
            raise ConfigurationError("embeddings are given with every batch or with none")


def _zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64)
