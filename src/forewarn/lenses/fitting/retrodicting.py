"""The retrodiction lens: which token each state came from."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import ClosedForms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.fitting.descent import LensMaps
from forewarn.lenses.fitting.lens_task import LensTask, group_size, steps_for
from forewarn.lenses.fitting.losses import MatrixLoss
from forewarn.lenses.retrodiction import table_of, unscaled
from forewarn.lenses.settings import FitSettings

BETAS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How sharply a match may be read, to begin with."""


def retrodictions(
    data: LensData, forms: ClosedForms, warm: LensMaps | None, settings: FitSettings, device: torch.device
) -> LensMaps:
    """R_s and beta_s by cross-entropy on the input token, logits beta Ebar LN(R h).

    It starts from least squares with each ridge, the identity and the warm lens, as the forward lens does.
    """
    fitted, held = (part.states.to(device) for part in (data.fitted, data.deciding))
    table = table_of(data.embedding).to(fitted)
    loss, held_loss = (_loss(table, part.tokens.to(device)) for part in (data.fitted, data.deciding))
    sites, n, width = fitted.shape
    steps, size = steps_for(loss, sites, n, width, settings), group_size(loss, settings)
    parts = []
    for start in range(0, sites, size):
        at = slice(start, min(start + size, sites))
        identity = _matched(Affines.identity(at.stop - at.start, width), fitted)
        cold = [_matched(forms.regression(ridge).at(at), fitted) for ridge in settings.ridges]
        known = [] if warm is None else [LensMaps(warm.affines.at(at).like(fitted), warm.beta[at].to(fitted))]
        white = forms.states.whitener(settings.damping)[at].to(fitted), forms.means[at].to(fitted)
        task = LensTask(loss, fitted[at], held_loss, held[at], *white, settings, steps, sharpens=True)
        parts.append(task.fit([*cold, identity, *known], betas=BETAS))
    affines = Affines.joined([part.affines.like(torch.zeros(())) for part in parts])
    return LensMaps(affines, torch.cat([part.beta.float().cpu() for part in parts]))


def _loss(table: Float[Tensor, "v d"], tokens: Int[Tensor, " n"]) -> MatrixLoss:
    """Scores an image against the embeddings of all tokens."""
    share = torch.bincount(tokens, minlength=len(table)).to(table) / len(tokens)
    nothing = torch.zeros_like(share)
    return MatrixLoss(unscaled, table, nothing, table[tokens], nothing[tokens], share)


def _matched(affines: Affines, states: Tensor) -> LensMaps:
    """Read as sharply as in the middle of what is tried."""
    return LensMaps(affines.like(states), states.new_full((len(affines),), BETAS[len(BETAS) // 2]))
