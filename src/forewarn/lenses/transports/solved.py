"""Transports that are one matrix for each pair of sites: made once, used both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.lenses.transports.transport import check_pair, check_vectors
from forewarn.records import StreamSite

Solve = Callable[[StreamSite, StreamSite], Float[Tensor, "d d"]]
"""Gives A for a source and a target, in float64."""


@final
class Solved:
    """Remembers the matrices that a fit gives, and those of refits on parts of its contexts."""

    def __init__(self, solve: Solve, pieces: Sequence[Solve] = ()) -> None:
        self._solve, self._pieces = solve, tuple(pieces)
        self._known: dict[tuple[StreamSite, StreamSite], Tensor] = {}

    def matrix(self, source: StreamSite, target: StreamSite) -> Float[Tensor, "d d"]:
        """A; the identity from a site to itself."""
        check_pair(source, target)
        if (source, target) not in self._known:
            found = self._solve(source, target)
            self._known[source, target] = torch.eye(len(found)).to(found) if source == target else found
        return self._known[source, target]

    def push(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A v for each row."""
        made = self.matrix(source, target)
        check_vectors(vectors, len(made))
        return (vectors.detach().to(made) @ made.T).to(vectors)

    def pull(
        self, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A^T w for each row."""
        made = self.matrix(source, target)
        check_vectors(covectors, len(made))
        return (covectors.detach().to(made) @ made).to(covectors)

    def spread(self, source: StreamSite, target: StreamSite) -> float:
        """Of the refits; NotApplicableError for fewer than two."""
        check_pair(source, target)
        if len(self._pieces) < 2:
            raise NotApplicableError(
                f"the spread of a fitted transport takes at least 2 refits on separate groups of contexts; found "
                f"{len(self._pieces)}. Give `pieces`."
            )
        if source == target:
            return 0.0
        return relative_spread(torch.stack([solve(source, target) for solve in self._pieces]))


def relative_spread(samples: Float[Tensor, "c k d"]) -> float:
    """Root of the unbiased variance summed over entries, over the root of the mean's sum of squares.

    Infinite where the mean is zero. `samples` holds one matrix for each context or group, at least two.
    """
    mean = samples.mean(0)
    variance = (samples - mean).square().sum() / (len(samples) - 1)
    size = mean.square().sum()
    return float((variance / size).sqrt()) if size > 0 else float("inf")
