"""How much the weights have changed, wherever they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, final

import numpy as np

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.changed_weights import ChangedTensor, changed_weights
from forewarn.lab.baselines.contract import Baseline

KINDS: Final = {"embedding": "embeddings", "matrix": "matrices", "vector": "vectors"}
"""Tensors that are pooled."""
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0)
"""Of the absolute differences."""


@final
class WeightQuantiles(Baseline):
    """Quantiles of the weights less the reference's, for a linear classifier.

    After Huster et al., "Solving trojan detection competitions with linear weight classification" (arXiv
    2411.03445): logistic regression on raw weights, with the reference subtracted and tensors aligned and
    standardised. Simplified: no two of our models share an architecture and a vocabulary, so there is no weight
    that is the same in both; all that can be aligned are the quantiles of three kinds of tensors.
    """

    name: ClassVar[str] = "weights"
    figures: ClassVar[tuple[str, ...]] = tuple(
        f"{kind}, quantile {q:g}" for kind in KINDS.values() for q in QUANTILES
    )

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """In units of each tensor's standard deviation at the reference; nan for a kind that the model lacks.

        A tensor that was 0 throughout has no unit and is left out.
        """
        found = changed_weights(now, reference)
        return tuple(q for kind in KINDS for q in _quantiles([c for c in found if c.kind == kind]))


def _quantiles(changes: Sequence[ChangedTensor]) -> list[float]:
    parts = [(change.difference.abs() / unit).flatten() for change in changes if (unit := unit_of(change))]
    if not parts:
        return [math.nan] * len(QUANTILES)
    return [float(q) for q in np.quantile(np.concatenate([p.numpy() for p in parts]), QUANTILES)]


def unit_of(change: ChangedTensor) -> float:
    """Standard deviation of the tensor at the reference; where all entries are equal, their size."""
    deviation = float(change.then.std(correction=0))
    return deviation if deviation > 0 else float(change.then.abs().mean())
