"""The map that keeps what the lenses read of a state: forwards, backwards, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.transports.layer_maps import LayerMaps
from forewarn.lenses.transports.regression import check_ridge
from forewarn.lenses.transports.solved import Solve, Solved
from forewarn.lenses.transports.transport import Transport
from forewarn.records import StreamSite

RCOND = 1e-10
"""Singular values of the stack below this share of the largest count as zero where `ridge` is 0."""


@final
class Tuned(Transport):
    """A = (M'M + r I)^-1 (M'K + r I), with M = [T_m; R_m], K = [T_l; R_l], r = `ridge` * mean eigenvalue of M'M.

    T_s is the linear part of the forward lens at site s, R_s that of the retrodiction lens: A v at the target is
    read by both lenses as v is at the source. It minimises |M A - K|^2 + r |A - I|^2: without ridge it is the bare
    correction (T alone: T_m^+ T_l), with a large one the identity. A lens's bias belongs to states and plays no
    part.
    """

    name: ClassVar[str] = "tuned"

    def __init__(
        self, maps: LayerMaps, ridge: float = 1.0, pieces: Sequence[LayerMaps] = (), rcond: float = RCOND
    ) -> None:
        """`maps`: see `LayerMaps.of` for those of a lens set, both or one of its lenses.

        `pieces`: maps fitted on at least two separate groups of contexts, for the spread. `rcond`: see `RCOND`.

        Raises:
            ConfigurationError: `ridge` is negative or not finite.
        """
        check_ridge(ridge)
        solvers = [_solver(each, ridge, rcond) for each in (maps, *pieces)]
        self._solved = Solved(solvers[0], solvers[1:])

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
        """Over lenses fitted on the groups given as `pieces`: it falls with the size of a group."""
        return self._solved.spread(source, target)


def _solver(maps: LayerMaps, ridge: float, rcond: float) -> Solve:
    def solve(source: StreamSite, target: StreamSite) -> Float[Tensor, "d d"]:
        later, earlier = maps.stack(target), maps.stack(source)
        if ridge == 0.0:
            inverse: Tensor = torch.linalg.pinv(later, rtol=rcond)
            return inverse @ earlier
        gram = later.T @ later
        pulled = ridge * gram.diagonal().mean() * torch.eye(len(gram)).to(gram)
        out: Tensor = torch.linalg.solve(gram + pulled, later.T @ earlier + pulled)
        return out

    return solve
