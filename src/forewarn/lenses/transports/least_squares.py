"""Transports that are the solution of a least-squares problem: one solver, two problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports.layer_maps import LayerMaps
from forewarn.lenses.transports.solved import Solved
from forewarn.lenses.transports.transport import Transport
from forewarn.records import StreamSite

RCOND_STATES = 1e-12
"""Singular values of a covariance below this share of the largest count as zero where `ridge` is 0."""
RCOND_LENSES = 1e-10
"""The same for the stacked lenses of a site."""


class Covariances(Protocol):
    """Centred second moments of the stream; `forewarn.lenses.moments.Moments` is one."""

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """The normal equations `gram B = cross` of one least-squares problem, in float64."""

    gram: Float[Tensor, "d d"]
    """X^T X for a problem that minimises |X B - Y|^2."""
    cross: Float[Tensor, "d d"]
    """X^T Y."""
    bare: Callable[[], Float[Tensor, "d d"]]
    """B without a ridge, by a pseudo-inverse; called only where no ridge is wanted."""

    def solved(self, ridge: float) -> Float[Tensor, "d d"]:
        """B that minimises |X B - Y|^2 + r |B - I|^2, where r is `ridge` times the mean eigenvalue of X^T X."""
        if ridge == 0.0:
            return self.bare()
        # The mean of the diagonal is the mean eigenvalue, so that a ridge means the same in any unit.
        pull = ridge * self.gram.diagonal().mean() * torch.eye(len(self.gram)).to(self.gram)
        out: Tensor = torch.linalg.solve(self.gram + pull, self.cross + pull)
        return out


Fit = Callable[[StreamSite, StreamSite, float], Float[Tensor, "d d"]]
"""Gives A for a source, a target and a ridge."""


@final
class LeastSquares(Transport):
    """A map A that is fitted to data, and drawn towards the identity by a ridge.

    Made by `regression` and `tuned`, which differ in what they are fitted to. The whole matrix is solved once for
    each pair of sites and then kept.
    """

    def __init__(self, name: str, fits: Sequence[Fit], ridge: float) -> None:
        """`fits`: that of all contexts first, then those of separate groups of contexts, for the spread.

        Raises:
            ConfigurationError: `ridge` is negative or not finite.
        """
        _check_ridge(ridge)
        self.name = name
        whole, *pieces = (_with_ridge(fit, ridge) for fit in fits)
        self._solved = Solved(whole, pieces)

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
        """Over refits on the groups of contexts given as `pieces`: it falls as the groups grow."""
        return self._solved.spread(source, target)


def regression(moments: Covariances, ridge: float = 1.0, pieces: Sequence[Covariances] = ()) -> LeastSquares:
    """The best linear guess of a later state from an earlier one: minimises E|h_m - A h_l|^2 + r |A - I|^2.

    A = (S_ml + r I)(S_ll + r I)^-1, where S_ab is the centred covariance of the states at two sites and r is
    `ridge` times the mean variance at the source. With `ridge` 0 it is plain least squares on the directions that
    vary (Din et al. 2023, arXiv 2303.09435, there without centring). `pieces`: moments of at least two separate
    groups of contexts, for the spread.

    Raises:
        ConfigurationError: `ridge` is negative or not finite.
    """
    return LeastSquares("regression", [_of_states(each) for each in (moments, *pieces)], ridge)


def tuned(
    maps: LayerMaps, ridge: float = 1.0, pieces: Sequence[LayerMaps] = (), rcond: float = RCOND_LENSES
) -> LeastSquares:
    """The map that keeps what the lenses read of a state: minimises |M A - K|^2 + r |A - I|^2.

    M = [T_m; R_m] and K = [T_l; R_l], where T_s is the linear part of the forward lens at site s and R_s that of
    the retrodiction lens; r is `ridge` times the mean eigenvalue of M^T M. So both lenses read A v at the target
    as they read v at the source. Without a ridge it is the bare correction (T alone: T_m^+ T_l), with a large one
    the identity. A lens's bias belongs to states and plays no part.

    `maps`: `LayerMaps.of` gives those of a lens set, of both its lenses or of one. `pieces`: maps fitted on at
    least two separate groups of contexts, for the spread. `rcond`: see `RCOND_LENSES`.

    Raises:
        ConfigurationError: `ridge` is negative or not finite.
    """
    return LeastSquares("tuned", [_of_lenses(each, rcond) for each in (maps, *pieces)], ridge)


def _of_states(moments: Covariances) -> Fit:
    def fit(source: StreamSite, target: StreamSite, ridge: float) -> Float[Tensor, "d d"]:
        within = moments.covariance(source, source).double()
        across = moments.covariance(target, source).double()

        def bare() -> Tensor:
            inverse: Tensor = torch.linalg.pinv(within, rtol=RCOND_STATES, hermitian=True)
            return (across @ inverse).T

        # States are rows here, h_m^T = h_l^T B, so that A is the transpose of what the equations give.
        return Equations(within.T, across.T, bare).solved(ridge).T

    return fit


def _of_lenses(maps: LayerMaps, rcond: float) -> Fit:
    def fit(source: StreamSite, target: StreamSite, ridge: float) -> Float[Tensor, "d d"]:
        later, earlier = maps.stack(target), maps.stack(source)

        # The stack itself is inverted: its Gram matrix would have the square of its condition number.
        def bare() -> Tensor:
            inverse: Tensor = torch.linalg.pinv(later, rtol=rcond)
            return inverse @ earlier

        return Equations(later.T @ later, later.T @ earlier, bare).solved(ridge)

    return fit


def _with_ridge(fit: Fit, ridge: float) -> Callable[[StreamSite, StreamSite], Float[Tensor, "d d"]]:
    return lambda source, target: fit(source, target, ridge)


def _check_ridge(ridge: float) -> None:
    """Refuse a ridge that is negative, infinite or nan; ConfigurationError."""
    if not 0.0 <= ridge < float("inf"):
        raise ConfigurationError(
            f"a ridge is 0 (the fit alone) or a positive number (more: closer to the identity); found {ridge}"
        )
