"""How good a lens is on text it was not fitted on."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.descent import HeldOutLoss, LensMaps
from forewarn.lenses.fitting.losses import CHUNK, output_loss
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.lens_set import LensSet, SiteQuality
from forewarn.records import StreamSite
from forewarn.subjects.reading.unembedder import Unembedder


def output_kl(
    unembedder: Unembedder, affines: Affines, states: Float[Tensor, "site n d"]
) -> Float[Tensor, "site n"]:
    """KL(model's output || lens) of each state under its site's map; the last site's states give the output.

    To be called under `undisturbed`.
    """
    there = states.to(unembedder.found.device, unembedder.found.dtype)
    maps = LensMaps(affines.like(there), there.new_ones(len(there)))
    return HeldOutLoss(output_loss(unembedder, there[-1]), there, None).each(maps).float().cpu()


def measure(unembedder: Unembedder, lens_set: LensSet, sample: Sample) -> tuple[SiteQuality, ...]:
    """The quality of lenses on a sample of states at their sites; to be called under `undisturbed`."""
    identity = Affines.identity(len(lens_set.sites), lens_set.width)
    before, after = (output_kl(unembedder, maps, sample.states) for maps in (identity, lens_set.forwards))
    found = []
    for index, site in enumerate(lens_set.sites):
        right = _remembered(lens_set, site, sample.states[index], sample.tokens)
        kl, error = _mean_and_error(after[index], sample.prompts)
        types = [float(right[sample.tokens == token].float().mean()) for token in torch.unique(sample.tokens)]
        found.append(
            SiteQuality(
                site,
                max(float(before[index].mean()), 0.0),
                kl,
                error,
                float(right.float().mean()),
                sum(types) / len(types),
                sample.n,
            )
        )
    return tuple(found)


def _remembered(
    lens_set: LensSet, site: StreamSite, states: Float[Tensor, "n d"], tokens: Int[Tensor, " n"]
) -> Bool[Tensor, " n"]:
    lens, size = lens_set.retrodict(site), max(CHUNK // len(lens_set.embedding), 1)
    return torch.cat([lens(h).argmax(-1) for h in torch.split(states, size)]) == tokens


def _mean_and_error(values: Float[Tensor, " n"], prompts: Int[Tensor, " n"]) -> tuple[float, float]:
    """The mean of values that rounding alone makes negative, and its standard error with prompts as clusters."""
    owners, index = torch.unique(prompts, return_inverse=True)
    if len(owners) < 2:
        index = torch.arange(len(values))
    off = values.double() - values.double().mean()
    sums = off.new_zeros(int(index.max()) + 1).index_add_(0, index, off)
    k = len(sums)
    # Cluster-robust: deviations are summed within a prompt before they are squared; k / (k - 1) for k prompts.
    error = (sums.square().sum() * k / max(k - 1, 1)).sqrt() / len(values)
    return max(float(values.double().mean()), 0.0), float(error)
