"""Which effect a view predicts, and what a view is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.transports.transport import Transport
from forewarn.records.ranking import Effect


def effect_of(*through: Transport | LensSet) -> Effect:
    """What a view through these maps predicts: the direct effect only where all are the identity."""
    plain = all(isinstance(each, Transport) and each.name == "identity" for each in through)
    return "direct" if plain else "total"


@final
@dataclass(frozen=True, slots=True, eq=False)
class TokenView:
    """Directions read in tokens."""

    values: Float[Tensor, "k v"]
    """One row a direction, one column a token; what a column means says the function that made it."""
    effect: Effect
    """Which effect it predicts."""
    through: str
    """Name of the transport, or "generative" for the map from embeddings to states."""
