"""The generative map: the mean state that an input token comes with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import ClosedForms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.settings import FitSettings


def generations(data: LensData, forms: ClosedForms, settings: FitSettings) -> Affines:
    """B_s at each site, from the embedding of the input token to the state: what drives this state.

    Least squares, at each site with the ridge that predicts the held-out states best.
    """
    states, embeddings = data.deciding.states.float(), data.embedding[data.deciding.tokens][None]
    sites = len(states)
    return _best(forms.generation, embeddings.expand(sites, -1, -1), states, settings)


def _best(
    form: Callable[[float], Affines],
    given: Float[Tensor, "site n d"],
    wanted: Float[Tensor, "site n e"],
    settings: FitSettings,
) -> Affines:
    """At each site the ridge of least error, every state weighted by the inverse square of its size."""
    size = wanted.square().mean(-1)
    weights = 1.0 / size.clamp_min(1e-30)
    best, least = form(settings.ridges[0]), torch.full((len(wanted),), torch.inf)
    for ridge in settings.ridges:
        maps = form(ridge)
        error = ((maps(given) - wanted).square().mean(-1) * weights).mean(1)
        better = error < least
        best, least = maps.where(better, best), torch.where(better, error, least)
    return best
