"""The rule of `judges.claims` over arrays: many looks at once. A test holds the two to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What came of the c questions of each of m looks. Figures count only where something was claimed."""

    claimed: Bool[np.ndarray, "m c"]
    """Which questions were asked and gave evidence."""
    explored: Float32[np.ndarray, "m c"]
    """What the explore facts promised; NaN counts as the least promise."""
    effect: Float32[np.ndarray, "m c"]
    low: Float32[np.ndarray, "m c"]
    """Lower end of the effect's interval."""
    high: Float32[np.ndarray, "m c"]
    """Upper end."""
    code: Int64[np.ndarray, "m c"]
    """Index of each question's code, from 0 on; -1 where there is no question."""


def features(now: Claims, n_codes: int, first: Claims | None = None) -> Float32[np.ndarray, "m k"]:
    """For each of m looks and k codes what `judges.features.features` gives.

    `first` holds what the first look of each look's run came to. Without it each look stands for itself.
    """
    columns = [_strongest(now, k, first) for k in range(n_codes)]
    return np.stack(columns, 1).astype(np.float32)


def _strongest(now: Claims, k: int, first: Claims | None) -> Float32[np.ndarray, " m"]:
    """How much news the strongest claim of one code is; 0.0 without one."""
    rows, own = np.arange(len(now.code)), now.claimed & (now.code == k)
    promised = np.nan_to_num(now.explored, nan=float(np.finfo(np.float32).min))
    # argmax gives the first of equals, as max() does over a list.
    best = np.where(own, promised, -np.inf).argmax(1)
    low, effect = now.low[rows, best], now.effect[rows, best]
    if first is not None:
        already = first.claimed & (first.code == k) & (first.low > 0.0)
        # m looks against c claims of the first one: the lower end of each difference, see `claims.news`.
        wide = np.hypot((effect - low)[:, None], first.high - first.effect)
        rise = np.where(already, effect[:, None] - first.effect - wide, np.inf).min(1, initial=np.inf)
        low = np.minimum(low, rise)
    found: Float32[np.ndarray, " m"] = np.where(own.any(1), low.clip(0.0), 0.0)
    return found
