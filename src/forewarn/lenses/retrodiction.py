"""Which token a state came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import layer_norm, normalize

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
        """Logits over the input tokens, in the states' own dtype."""
        return self.beta * (unscaled(self.affine(h)) @ self.table.to(h).T)


def unscaled(x: Float[Tensor, "*n d"]) -> Float[Tensor, "*n d"]:
    """LN without gain: centred over the entries, their mean square 1."""
    return layer_norm(x, [x.shape[-1]])


def table_of(embedding: Float[Tensor, "v d"]) -> Float[Tensor, "v d"]:
    """Ebar: embeddings less their mean over tokens, each of length 1; a token that is the mean stays zero."""
    return normalize(embedding - embedding.mean(0), dim=-1)
