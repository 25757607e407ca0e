"""Which token a state came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.affine import Affine


@final
@dataclass(frozen=True, slots=True, eq=False)
class Retrodiction:
    """Classifier of the input token: logits beta * Ebar LN(R h), Ebar the embeddings, centred, of unit length."""

    affine: Affine
    """R, from the site's basis into that of the embeddings."""
    beta: float
    """How sure a match makes it."""
    table: Float[Tensor, "v d"]
    """Ebar, a row for each token id."""

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """Logits over the input tokens."""
        raise NotImplementedError
