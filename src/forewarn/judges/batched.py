"""The rule of `judges.features` over arrays: many looks at once. A test holds the two to each other."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64


def features(
    claimed: Bool[np.ndarray, "m c"],
    explored: Float32[np.ndarray, "m c"],
    low: Float32[np.ndarray, "m c"],
    code: Int64[np.ndarray, "m c"],
    n_codes: int,
) -> Float32[np.ndarray, "m k"]:
    """For each of m looks and k codes what `judges.features.features` gives for the claims of the look.

    Args:
        claimed: which of a look's c questions were asked and gave evidence.
        explored: what the explore facts promised of each; NaN counts as the least promise.
        low: the lower end of each interval.
        code: the index of each question's code, from 0 to `n_codes` - 1; -1 where there is no question.
        n_codes: the number of codes.
    """
    promised = np.nan_to_num(explored, nan=float(np.finfo(np.float32).min))
    rows, columns = np.arange(len(code)), []
    for k in range(n_codes):
        own = claimed & (code == k)
        # argmax gives the first of equals, as max() does over a list.
        best = np.where(own, promised, -np.inf).argmax(1)
        columns.append(np.where(own.any(1), low[rows, best].clip(0.0), 0.0))
    return np.stack(columns, 1)
