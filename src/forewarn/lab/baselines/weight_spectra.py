"""How large and how concentrated the change of the weights is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.changed_weights import ChangedTensor, changed_weights
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.figures import quotient

GROUPS: Final = ("embedding", "first third", "middle third", "last third")
"""Matrices that are averaged over."""
SHAPES: Final = ("relative norm", "greatest direction's share", "effective rank", "kurtosis")
"""The four numbers of each matrix."""


@final
class WeightSpectra(Baseline):
    """Spectral statistics of every matrix's difference from the reference.

    After "Weight space detection of backdoors in LoRA adapters" (arXiv 2602.15195): size, concentration and
    entropy of the singular values, kurtosis of the entries. Simplified: a difference of full matrices stands for
    the low-rank update; size is relative to the reference, so that models compare; architectures name their
    matrices differently, so they are averaged in four groups by place. Tensors of three axes are left out.
    """

    name: ClassVar[str] = "weight-spectra"
    figures: ClassVar[tuple[str, ...]] = tuple(f"{shape}, {group}" for group in GROUPS for shape in SHAPES)

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Four numbers of each group; nan for a group without matrices, 0 where nothing has changed."""
        found = [change for change in changed_weights(now, reference) if change.then.ndim == 2]
        outside = [change for change in found if change.kind == "embedding"]
        inside = [change for change in found if change.kind == "matrix"]
        cuts = [round(i * len(inside) / 3) for i in range(4)]
        thirds = [inside[a:b] for a, b in pairwise(cuts)]
        return tuple(figure for group in (outside, *thirds) for figure in _averaged(group))


def shape_of(change: ChangedTensor) -> tuple[float, float, float, float]:
    """What `SHAPES` names: all four are 0 for a matrix that has not changed.

    Frobenius norm over the reference's; share of the energy that the greatest singular value holds; effective
    rank (after Roy and Vetterli 2007, of energies) over the smaller side; excess kurtosis of the entries.
    """
    energy = _energy(change.difference)
    total, greatest = float(energy.sum()), float(energy.max())
    if total == 0:
        return 0.0, 0.0, 0.0, 0.0
    rank = float(torch.special.entr(energy / total).sum().exp()) / len(energy)
    relative = quotient(total**0.5, float(change.then.norm()))
    return relative, greatest / total, rank, _kurtosis(change.difference)


def _energy(matrix: Float[Tensor, "m n"]) -> Float[Tensor, " k"]:
    """Squared singular values, k the smaller side."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    # Eigenvalues of the smaller Gram matrix: the squared singular values without the cost of an SVD.
    values: Tensor = torch.linalg.eigvalsh(wide @ wide.T)
    return values.clamp_min(0.0)


def _kurtosis(matrix: Float[Tensor, "m n"]) -> float:
    centred = matrix - matrix.mean()
    return quotient(float(centred.pow(4).mean()), float(centred.square().mean()) ** 2) - 3.0


def _averaged(group: Sequence[ChangedTensor]) -> list[float]:
    """Means over the matrices for which a number can be had."""
    rows = np.array([shape_of(change) for change in group]).reshape(-1, len(SHAPES))
    return [float(c[np.isfinite(c)].mean()) if np.isfinite(c).any() else float("nan") for c in rows.T]
