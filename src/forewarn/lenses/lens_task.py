"""One lens fitted at some sites: closed forms, then descent, then the mixture that held-out states prefer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.descent import Descent, Judge, Maps
from forewarn.lenses.heads import CHUNK, Head
from forewarn.lenses.settings import FitSettings

SHARES: Final = (0.25, 0.5, 0.75)
"""Mixtures of two fits that are tried beside either."""
FEWEST: Final = 8
"""Steps that a descent makes however large the model."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensTask:
    """States to fit on and to decide by, at some sites, with what scores a lens's image of them."""

    head: Head
    states: Float[Tensor, "site n d"]
    held_head: Head
    held_states: Float[Tensor, "site m d"]
    whitener: Float[Tensor, "site d d"]
    centre: Float[Tensor, "site d"]
    settings: FitSettings
    steps: int
    sharpens: bool = False
    """Whether beta is fitted too."""

    def fit(self, starts: Sequence[Maps], other: Maps | None = None, betas: Sequence[float] = ()) -> Maps:
        """The best of the starts and of where that best one leads, site by site, on the held-out states.

        Where a step sees every row, a second descent begins at `other`: two fits that began apart err apart, and
        a mixture of them is often better than either.
        """
        generator = torch.Generator().manual_seed(self.settings.seed)
        judge = Judge(self.held_head, self.held_states, self.held_head.draw(self.settings.rows, generator))
        start = _sharpened(judge, judge.best(starts), betas)
        descent = Descent(
            self.head,
            self.states,
            self.whitener,
            self.centre,
            judge,
            self.settings,
            self.steps,
            self.sharpens,
        )
        one = descent.run(start, generator)
        if other is None or self.settings.descents < 2 or self.head.width > self.settings.rows:
            return one
        two = descent.run(other, generator)
        return judge.best([one, two, *(one.mixed(share, two) for share in SHARES)])


def group_size(head: Head, settings: FitSettings) -> int:
    """Sites that are fitted at once without a block of logits becoming too large."""
    return max(CHUNK // (min(head.width, settings.rows) * settings.batch), 1)


def steps_for(head: Head, sites: int, n: int, width: int, settings: FitSettings) -> int:
    """Steps that the settings' work allows for all sites together; no clock is asked, so that bits repeat."""
    rows = min(head.width, settings.rows)
    operations = sites * min(n, settings.batch) * width * (6 * rows + 8 * width)
    return min(settings.steps, max(int(settings.work / max(operations, 1)), FEWEST))


def _sharpened(judge: Judge, maps: Maps, betas: Sequence[float]) -> Maps:
    """The same maps, read as sharply as serves best."""
    tried = [Maps(maps.affines, torch.full_like(maps.beta, beta)) for beta in betas]
    return judge.best([maps, *tried]) if tried else maps
