"""The two maps of least squares between a site and the embedding of its input token."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.closed_forms import ClosedForms
from forewarn.lenses.material import Material
from forewarn.lenses.settings import FitSettings


def least_squares(material: Material, forms: ClosedForms, settings: FitSettings) -> tuple[Affines, Affines]:
    """R_s: state -> embedding ("what does this state remember"), B_s: embedding -> state ("what drives this").

    At each site with the ridge that predicts the held-out states best. R_s B_s is not the identity: noise shrinks
    either.
    """
    states, embeddings = material.deciding.states.float(), material.embedding[material.deciding.tokens][None]
    sites = len(states)
    regressions = _best(forms.regression, states, embeddings.expand(sites, -1, -1), settings)
    generations = _best(forms.generation, embeddings.expand(sites, -1, -1), states, settings)
    return regressions, generations


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
