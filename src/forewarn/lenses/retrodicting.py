"""The retrodiction lens: which token each state came from."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.closed_forms import ClosedForms
from forewarn.lenses.descent import Maps
from forewarn.lenses.heads import RowsHead
from forewarn.lenses.lens_task import LensTask, group_size, steps_for
from forewarn.lenses.material import Material
from forewarn.lenses.retrodiction import table_of, unscaled
from forewarn.lenses.settings import FitSettings

BETAS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How sharply a match may be read, to begin with."""


def retrodictions(
    material: Material, forms: ClosedForms, warm: Maps | None, settings: FitSettings, device: torch.device
) -> Maps:
    """R_s and beta_s by cross-entropy on the input token, logits beta Ebar LN(R h).

    From least squares with each ridge, the identity and the warm lens, as for the forward lens.
    """
    fitted, held = (part.states.to(device) for part in (material.fitted, material.deciding))
    table = table_of(material.embedding).to(fitted)
    head, held_head = (_head(table, part.tokens.to(device)) for part in (material.fitted, material.deciding))
    sites, n, width = fitted.shape
    steps, size = steps_for(head, sites, n, width, settings), group_size(head, settings)
    parts = []
    for start in range(0, sites, size):
        at = slice(start, min(start + size, sites))
        identity = _matched(Affines.identity(at.stop - at.start, width), fitted)
        cold = [_matched(forms.regression(ridge).at(at), fitted) for ridge in settings.ridges]
        known = [] if warm is None else [Maps(warm.affines.at(at).like(fitted), warm.beta[at].to(fitted))]
        white = forms.states.whitener(settings.damping)[at].to(fitted), forms.means[at].to(fitted)
        task = LensTask(head, fitted[at], held_head, held[at], *white, settings, steps, sharpens=True)
        parts.append(task.fit([*cold, identity, *known], betas=BETAS))
    affines = Affines.joined([part.affines.like(torch.zeros(())) for part in parts])
    return Maps(affines, torch.cat([part.beta.float().cpu() for part in parts]))


def _head(table: Float[Tensor, "v d"], tokens: Int[Tensor, " n"]) -> RowsHead:
    """Scores an image against the embeddings of all tokens."""
    share = torch.bincount(tokens, minlength=len(table)).to(table) / len(tokens)
    nothing = torch.zeros_like(share)
    return RowsHead(unscaled, table, nothing, table[tokens], nothing[tokens], share)


def _matched(affines: Affines, states: Tensor) -> Maps:
    """Read as sharply as in the middle of what is tried."""
    return Maps(affines.like(states), states.new_full((len(affines),), BETAS[len(BETAS) // 2]))
