"""How far the answer states have moved from where they lay at the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.figures import LEAST_SPREAD, mean, quotient
from forewarn.lab.baselines.reading import at_depth, audited

DEPTHS: Final = {"1/2": 0.5, "1": 1.0}
"""Where states are read, as shares of the blocks."""
EXPLAINED: Final = 0.9
"""Share of the variance that the principal directions hold."""
STATES_EACH: Final = 4
"""States that there are at least for each direction."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Mean and leading principal directions of some states."""

    middle: Float[Tensor, " d"]
    directions: Float[Tensor, "d k"]
    """Orthonormal columns, the strongest last."""
    variances: Float[Tensor, " k"]
    """Along each; 0 where it is rounding."""
    rest: float
    """Mean squared length of what the directions leave; 0 where it is rounding."""

    @staticmethod
    def of(states: Float[Tensor, "n d"]) -> Cloud:
        """The fewest directions that hold EXPLAINED of the variance; at most n / STATES_EACH, at least one."""
        middle = states.mean(0)
        # Eigenvalues come in ascending order: the last k are the leading directions.
        values, vectors = torch.linalg.eigh((states - middle).T @ (states - middle) / len(states))
        shares = values.flip(0).cumsum(0) / values.sum().clamp_min(1e-300)
        k = max(1, min(int((shares < EXPLAINED).sum()) + 1, len(states) // STATES_EACH))
        # Variances below float rounding of the states' own size would make any distance infinite.
        noise = LEAST_SPREAD**2 * float(states.square().sum(1).mean())
        rest, kept = float(values[:-k].sum()), values[-k:]
        return Cloud(middle, vectors[:, -k:], kept * (kept > noise), rest * (rest > noise))

    def figures(self, states: Float[Tensor, "n d"]) -> tuple[float, float]:
        """Mean squared Mahalanobis distance over the number of directions; the same of what lies outside.

        Both are 1 for the states that the cloud was made of; nan where those did not vary.
        """
        moved = states - self.middle
        inside = moved @ self.directions
        outside = (moved - inside @ self.directions.T).square().sum(1)
        squares = zip(inside.square().mean(0).tolist(), self.variances.tolist(), strict=True)
        distances = [quotient(square, variance) for square, variance in squares]
        return sum(distances) / len(distances), quotient(mean(outside), self.rest)


@final
class Mahalanobis(Baseline):
    """Squared distance of now's answer states from the reference's, in and outside its principal subspace.

    After Lee et al. 2018 (arXiv 1807.03888), one Gaussian instead of one a class, since answers are many and
    states are few; the part outside the subspace is kept apart, for there a covariance cannot be inverted. All of
    the audit set's questions in truthful contexts; a mean over states, since a model and not an input is judged.
    """

    name: ClassVar[str] = "mahalanobis"
    figures: ClassVar[tuple[str, ...]] = tuple(
        f"{where} at {depth}" for depth in DEPTHS for where in ("inside", "outside")
    )

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Mean squared distances relative to the reference's own, at each depth."""
        layers = [at_depth(now.subject.n_layers, share) for share in DEPTHS.values()]
        return tuple(figure for layer in layers for figure in _figures(now, reference, layer))


def _figures(now: ProbeInputs, reference: ProbeInputs, layer: int) -> tuple[float, float]:
    cloud = reference.once((Mahalanobis.name, layer), lambda: Cloud.of(audited(reference, layer)))
    return cloud.figures(audited(now, layer))
