"""One lens fitted at some sites: closed forms, then descent, then the mixture that held-out states prefer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.fitting.descent import Descent, HeldOutLoss, LensMaps
from forewarn.lenses.fitting.losses import CHUNK, LensLoss
from forewarn.lenses.settings import FitSettings

SHARES: Final = (0.25, 0.5, 0.75)
"""Mixtures of two fits that are tried beside either."""
FEWEST: Final = 8
"""Steps that a descent makes however large the model."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensTask:
    """States to fit on and to decide by, at some sites, with what scores a lens's image of them."""

    loss: LensLoss
    states: Float[Tensor, "site n d"]
    held_loss: LensLoss
    held_states: Float[Tensor, "site m d"]
    whitener: Float[Tensor, "site d d"]
    centre: Float[Tensor, "site d"]
    settings: FitSettings
    steps: int
    sharpens: bool = False
    """Whether beta is fitted too."""

    def fit(
        self, starts: Sequence[LensMaps], other: LensMaps | None = None, betas: Sequence[float] = ()
    ) -> LensMaps:
        """The best of the starts and of what a descent from it leads to, site by site, on the held-out states.

        Where a step sees every row, a second descent begins at `other`. Two fits that began apart err apart, so
        that a mixture of them is often better than either.
        """
        generator = torch.Generator().manual_seed(self.settings.seed)
        held_out = HeldOutLoss(
            self.held_loss, self.held_states, self.held_loss.draw(self.settings.rows, generator)
        )
        start = _sharpened(held_out, held_out.best(starts), betas)
        descent = Descent(
            self.loss,
            self.states,
            self.whitener,
            self.centre,
            held_out,
            self.settings,
            self.steps,
            self.sharpens,
        )
        one = descent.run(start, generator)
        if other is None or self.settings.descents < 2 or self.loss.width > self.settings.rows:
            return one
        two = descent.run(other, generator)
        return held_out.best([one, two, *(one.mixed(share, two) for share in SHARES)])


def group_size(loss: LensLoss, settings: FitSettings) -> int:
    """Sites that are fitted at once without a block of logits becoming too large."""
    return max(CHUNK // (min(loss.width, settings.rows) * settings.batch), 1)


def steps_for(loss: LensLoss, sites: int, n: int, width: int, settings: FitSettings) -> int:
    """Steps that the settings' work allows for all sites together; no clock is asked, so that bits repeat."""
    rows = min(loss.width, settings.rows)
    # Logits there and back (6 rows d) and the maps themselves (8 d d), for each state of a step.
    operations = sites * min(n, settings.batch) * width * (6 * rows + 8 * width)
    return min(settings.steps, max(int(settings.work / max(operations, 1)), FEWEST))


def _sharpened(held_out: HeldOutLoss, maps: LensMaps, betas: Sequence[float]) -> LensMaps:
    """The same maps, read as sharply as serves best."""
    tried = [LensMaps(maps.affines, torch.full_like(maps.beta, beta)) for beta in betas]
    return held_out.best([maps, *tried]) if tried else maps
