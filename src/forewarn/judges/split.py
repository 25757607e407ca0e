"""Which honest runs serve the fit, and which the promise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forewarn.judges.look_row import LookRow

FIT_SHARE = 1 / 3
"""Share of each kind's honest runs that serve the fit."""


def split_honest(rows: Sequence[LookRow], seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """Names of honest runs for the fit and for the promise: disjoint, by whole runs, the same for the same seed.

    Each kind is split in the same proportion, so that the promise is made over the mix of kinds in the table.
    """
    generator = np.random.default_rng(seed)
    fit: set[str] = set()
    honest = {row.run: row.kind for row in rows if not row.deceptive}
    for kind in sorted(set(honest.values())):
        runs = sorted(run for run, its_kind in honest.items() if its_kind == kind)
        chosen = generator.permutation(len(runs))[: round(len(runs) * FIT_SHARE)]
        fit.update(runs[index] for index in chosen)
    return frozenset(fit), frozenset(honest) - fit
