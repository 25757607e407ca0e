"""The tokens that a view ranks first."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError


def top_tokens(values: Float[Tensor, " v"], k: int, *, largest: bool = True) -> tuple[tuple[int, float], ...]:
    """At most k (token, value), the largest first, or with `largest=False` the smallest first; ties by token.

    ConfigurationError for k below 1.
    """
    if k < 1:
        raise ConfigurationError(f"at least 1 token is asked for; found {k}")
    order = values.argsort(descending=largest, stable=True)[:k]
    return tuple((int(token), float(values[token])) for token in order)
