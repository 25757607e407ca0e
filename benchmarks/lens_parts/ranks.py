"""Rank correlation of predictions with measurements, neuron by neuron, so that neurons can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """Sums over targets of centred ranks, for each source neuron: x predicted, y measured."""

    xx: Numbers
    yy: Numbers
    xy: Numbers

    @property
    def correlation(self) -> float:
        """Spearman over all pairs of neurons; 0 where one side is constant."""
        return _ratio(self.xy.sum(), self.xx.sum(), self.yy.sum())

    def redrawn(self, index: NDArray[np.int64]) -> float:
        """The same over neurons drawn with repetition; ranks stay those of the whole sample."""
        return _ratio(self.xy[index].sum(), self.xx[index].sum(), self.yy[index].sum())


def ranked(predicted: Tensor, measured: Tensor) -> Ranked:
    """Ranks over all [k n] entries."""
    x, y = (_centred_ranks(values) for values in (predicted, measured))
    return Ranked((x * x).sum(1), (y * y).sum(1), (x * y).sum(1))


def by_row(predicted: Tensor, measured: Tensor) -> float:
    """Mean over rows of Spearman within the row."""
    x, y = (np.stack([rankdata(row) for row in values.double().numpy()]) for values in (predicted, measured))
    x, y = (values - values.mean(1, keepdims=True) for values in (x, y))
    sizes = np.sqrt((x * x).sum(1) * (y * y).sum(1))
    return float(np.mean((x * y).sum(1)[sizes > 0] / sizes[sizes > 0])) if (sizes > 0).any() else 0.0


def top_overlap(predicted: Tensor, measured: Tensor, k: int = 10) -> float:
    """Mean over rows of the share of the k largest that both name."""
    pairs = zip(predicted.topk(k).indices.tolist(), measured.topk(k).indices.tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b)) / k for a, b in pairs]))


def bootstrap(rows: Sequence[Ranked], seed: int, draws: int = 1000) -> tuple[float, float]:
    """95 % percentile interval of the mean correlation over layer pairs; source neurons are drawn again."""
    generator = np.random.default_rng(seed)
    n = len(rows[0].xx)
    means = [np.mean([row.redrawn(generator.integers(n, size=n)) for row in rows]) for _ in range(draws)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _centred_ranks(values: Tensor) -> Numbers:
    ranks = rankdata(values.double().numpy().ravel()).reshape(tuple(values.shape))
    return ranks - ranks.mean()


def _ratio(xy: float, xx: float, yy: float) -> float:
    return float(xy / (xx * yy) ** 0.5) if xx * yy > 0 else 0.0
