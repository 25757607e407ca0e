"""Whether one of two methods errs less on the same units: a test that flips signs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FLIPS = 10_000


def sign_flip(differences: Sequence[float], seed: int = 0, flips: int = FLIPS) -> float:
    """Two-sided p-value of the sum of independent differences under "either sign was as likely".

    `differences`: one for each independent unit (sums over runs that share a base, say). Never below
    1 / (flips + 1): the arrangement that was seen is one of them. 1.0 where all are zero. Source: Fisher 1935,
    The Design of Experiments, section 21; Phipson and Smyth 2010 for the added one.
    """
    values = np.asarray(differences, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a difference is not a number")
    # A difference of 0 has no sign to flip.
    moved = values[values != 0.0]
    seen = abs(moved.sum())
    draw = np.random.default_rng(seed)
    signs = draw.integers(0, 2, size=(flips, len(moved)), dtype=np.int8) * 2 - 1
    sums = np.abs(signs @ moved)
    # Arrangements as extreme as the one seen count too; the margin absorbs rounding in the sums.
    return float((1 + (sums >= seen - 1e-12).sum()) / (flips + 1))
