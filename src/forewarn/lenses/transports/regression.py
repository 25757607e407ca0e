"""The best linear guess of a later state from an earlier one, drawn towards the identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports.solved import Solve, Solved
from forewarn.lenses.transports.transport import Transport
from forewarn.records import StreamSite

RCOND = 1e-12
"""Singular values below this share of the largest count as zero where nothing else bounds an inverse."""


class Covariances(Protocol):
    """Centred second moments of the stream; `forewarn.lenses.moments.Moments` is one."""

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]."""


@final
class Regression(Transport):
    """A = (S_ml + r I)(S_ll + r I)^-1 with r = `ridge` times the mean variance at the source.

    S_ab is the centred covariance of the states at two sites. Minimises E|h_m - A h_l|^2 + r |A - I|^2. With
    `ridge` 0 it is least squares (Din et al. 2023, arXiv 2303.09435, there without centring), on the directions
    that vary.
    """

    name: ClassVar[str] = "regression"

    def __init__(self, moments: Covariances, ridge: float = 1.0, pieces: Sequence[Covariances] = ()) -> None:
        """`pieces`: moments of at least two separate groups of contexts, for the spread.

        Raises:
            ConfigurationError: `ridge` is negative or not finite.
        """
        check_ridge(ridge)
        self._solved = Solved(_solver(moments, ridge), [_solver(piece, ridge) for piece in pieces])

    def push(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A v for each row."""
        return self._solved.push(vectors, source, target)

    def pull(
        self, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A^T w for each row."""
        return self._solved.pull(covectors, source, target)

    def spread(self, source: StreamSite, target: StreamSite) -> float:
        """Over refits on the groups given as `pieces`: it falls with the size of a group."""
        return self._solved.spread(source, target)


def check_ridge(ridge: float) -> None:
    """Refuse a ridge that is negative, infinite or nan; ConfigurationError."""
    if not 0.0 <= ridge < float("inf"):
        raise ConfigurationError(
            f"a ridge is 0 (the fit alone) or a positive number (more: closer to the identity); found {ridge}"
        )


def _solver(moments: Covariances, ridge: float) -> Solve:
    def solve(source: StreamSite, target: StreamSite) -> Float[Tensor, "d d"]:
        within = moments.covariance(source, source).double()
        across = moments.covariance(target, source).double()
        if ridge == 0.0:
            inverse: Tensor = torch.linalg.pinv(within, rtol=RCOND, hermitian=True)
            return across @ inverse
        pulled = ridge * within.diagonal().mean() * torch.eye(len(within)).to(within)
        out: Tensor = torch.linalg.solve(within + pulled, across + pulled, left=False)
        return out

    return solve
