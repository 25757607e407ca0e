"""Token embeddings as the first block sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.calling import gave_tensor
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.passes import Passes, as_ids
from forewarn.subjects.rounding import same

_TRIED = 16


@final
class Embedding:
    """Looks tokens up, times whatever factor the decoder applies afterwards (Gemma multiplies by sqrt(d)).

    That factor is measured. Between two tokens at one position, the input of the first block differs by the factor
    times the difference of their embeddings. Where that does not hold, the first block's input itself is given.
    """

    def __init__(self, found: FoundDecoder, passes: Passes) -> None:
        name = found.layout.embedding
        self._tokens, self._like, self._passes = found.layout.tokens, found.like, passes
        self._table = None if name is None else found.part(name)
        self._scale: float | None = None
        self._measured = False

    def __call__(self, tokens: Sequence[int]) -> Float[Tensor, "n d"]:
        """Vectors of tokens."""
        if not self._measured:
            self._scale, self._measured = self._measure(), True
        if self._scale is None:
            return self._seen(tokens)
        return self._looked_up(tokens) * self._scale

    def _measure(self) -> float | None:
        tokens = range(min(_TRIED, self._tokens))
        seen, looked_up = self._seen(tokens), self._looked_up(tokens)
        if seen.shape != looked_up.shape:
            return None
        # At one position the same position vector is added to every token, so that differences are free of it.
        differences, steps = seen - seen.mean(0), looked_up - looked_up.mean(0)
        scale = float((differences * steps).sum() / (steps * steps).sum().clamp_min(1e-30))
        return scale if same(differences, steps * scale) else None

    def _seen(self, tokens: Sequence[int]) -> Float[Tensor, "n d"]:
        return self._passes.first_site(as_ids([[t] for t in tokens], self._passes.device))[:, 0]

    def _looked_up(self, tokens: Sequence[int]) -> Tensor:
        """[n, w]; w is d except in models that project their embeddings. Empty without a table."""
        if self._table is None:
            return self._like.new_empty(0)
        with undisturbed(self._passes.device):
            found = gave_tensor(self._table(as_ids([[t] for t in tokens], self._passes.device)))
        return self._like.new_empty(0) if found is None else found[:, 0]
