"""Least squares at each site: to the last site, to the input embedding, and from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.fitting.spectrum import Spectrum
from forewarn.lenses.moments import Moments, MomentsFitter
from forewarn.records import StreamSite

BATCH = 1024


@final
@dataclass(frozen=True, slots=True, eq=False)
class ClosedForms:
    """LensMaps of least squares for a range of ridges, from the moments of some states and their embeddings."""

    states: Spectrum
    """Of each site's covariance."""
    embeddings: Spectrum
    """Of the embeddings' covariance, a single one."""
    to_last: Float[Tensor, "site d d"]
    """E[(h_last - mean)(h_s - mean)^T]."""
    to_embedding: Float[Tensor, "site d d"]
    """E[(e - mean)(h_s - mean)^T]."""
    means: Float[Tensor, "site d"]
    """Of the states; the last row is the last site's."""
    embedding_mean: Float[Tensor, " d"]
    """Of the embeddings."""

    def forward(self, ridge: float) -> Affines:
        """State -> last state, ridged to the identity."""
        weight = self.states.solved_to_identity(self.to_last, ridge)
        return _through(weight, self.means, self.means[-1:])

    def regression(self, ridge: float) -> Affines:
        """State -> embedding, ridged to zero: Sigma_eh (Sigma_hh + l I)^-1."""
        weight = self.states.solved(self.to_embedding, ridge)
        return _through(weight, self.means, self.embedding_mean[None])

    def generation(self, ridge: float) -> Affines:
        """Embedding -> h_s, ridged to zero: Sigma_he (Sigma_ee + l I)^-1."""
        weight = self.embeddings.solved(self.to_embedding.mT, ridge)
        return _through(weight, self.embedding_mean[None], self.means)


def closed_forms(
    sample: Sample, embeddings: Float[Tensor, "n d"], sites: Sequence[StreamSite]
) -> ClosedForms:
    """The closed forms of a sample, in which each state weighs by the inverse square of its final state's size.

    What follows the last site is a norm, so that an error matters in proportion to that size. The weights also
    keep a few massive activations from deciding everything. The model's last site must be the last of `sites`.
    """
    pairs = [*((s, s) for s in sites), *((s, sites[-1]) for s in sites[:-1])]
    fitter = MomentsFitter(sites, sample.states.shape[2], pairs)
    weights = _weights(sample.states[-1])
    # In batches, because the fitter works in float64.
    for at in torch.split(torch.arange(sample.n), BATCH):
        fitter.update(sample.states[:, at], embeddings[at], weights[at])
    return _from_moments(fitter.moments())


def _from_moments(moments: Moments) -> ClosedForms:
    sites = moments.sites
    own = torch.stack([moments.covariance(s, s) for s in sites])
    return ClosedForms(
        Spectrum.of(own),
        Spectrum.of(moments.embedding_covariance()[None]),
        torch.stack([moments.covariance(sites[-1], s) for s in sites]),
        torch.stack([moments.cross(s).T for s in sites]),
        torch.stack([moments.mean(s) for s in sites]),
        moments.embedding_mean(),
    )


def _weights(last: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    size = last.double().square().mean(-1)
    # A state of size zero would weigh without bound.
    return 1.0 / size.clamp_min(1e-6 * float(size.mean()) + 1e-30)


def _through(weight: Tensor, source: Tensor, target: Tensor) -> Affines:
    """The maps with these linear parts that take mean to mean, in float32."""
    bias = target - (weight @ source[..., None])[..., 0]
    return Affines(weight.float(), bias.expand(len(weight), -1).float())
