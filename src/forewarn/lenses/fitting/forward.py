"""The forward lens: what each site would have the model say."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import ClosedForms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.fitting.descent import LensMaps
from forewarn.lenses.fitting.lens_task import LensTask, group_size, steps_for
from forewarn.lenses.fitting.losses import output_loss
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.reading.unembedder import Unembedder


def forward_lenses(
    unembedder: Unembedder, data: LensData, forms: ClosedForms, warm: Affines | None, settings: FitSettings
) -> Affines:
    """T_s(h) = (I + W_s) h + b_s by KL to the model's own output; Belrose et al. 2023, arXiv 2303.08112.

    At each site it is the best, on held-out states, of the identity, the warm lens, least squares with each ridge,
    and what descents from these lead to. At the last site it is the identity.
    """
    fitted, held = (
        part.states.to(unembedder.found.device, unembedder.found.dtype)
        for part in (data.fitted, data.deciding)
    )
    loss, held_loss = output_loss(unembedder, fitted[-1]), output_loss(unembedder, held[-1])
    n, width, last = fitted.shape[1], fitted.shape[2], len(fitted) - 1
    steps, size = steps_for(loss, last, n, width, settings), group_size(loss, settings)
    parts = []
    for start in range(0, last, size):
        at = slice(start, min(start + size, last))
        identity = _read(Affines.identity(at.stop - at.start, width), fitted)
        cold = [identity, *(_read(forms.forward(ridge).at(at), fitted) for ridge in settings.ridges)]
        other = identity if warm is None else _read(warm.at(at), fitted)
        task = LensTask(
            loss, fitted[at], held_loss, held[at], *_white(forms, at, settings, fitted), settings, steps
        )
        parts.append(task.fit([*cold, other], other).affines.like(torch.zeros(())))
    return Affines.joined([*parts, Affines.identity(1, width)])


def _read(affines: Affines, states: Tensor) -> LensMaps:
    """Read as the model reads its last site."""
    return LensMaps(affines.like(states), states.new_ones(len(affines)))


def _white(
    forms: ClosedForms, at: slice, settings: FitSettings, like: Tensor
) -> tuple[Float[Tensor, "site d d"], Float[Tensor, "site d"]]:
    return forms.states.whitener(settings.damping)[at].to(like), forms.means[at].to(like)
