"""What a judge sees of looks that are over: what was claimed, and what was brought against it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64

from forewarn.helpers.encoding import ANSWER
from forewarn.judges import batched
from forewarn.lab.game.run_batch import RunBatch

EVIDENCE, UNABLE, EXPLORED, LOW = (ANSWER.index(n) for n in ("evidence", "unable", "explored", "low"))
Rows = Int64[np.ndarray, " m"]
Asked = Bool[np.ndarray, "m c"]
Figures = Float32[np.ndarray, "m k"]


def claims(batch: RunBatch, run: Rows, look: Rows, asked: Asked) -> Figures:
    """For each code the lower end of its strongest claim's interval, never below 0.0 (`judges.features`)."""
    found = batch.answer[run, look]
    claimed = asked & (found[..., EVIDENCE] > 0)
    return batched.features(claimed, found[..., EXPLORED], found[..., LOW], batch.code[run], len(batch.codes))


def rebuttals(batch: RunBatch, run: Rows, look: Rows, asked: Asked) -> Figures:
    """For each follow-up's code how far what it shows falls short of what it follows, as a negative number.

    0.0 where it was not asked, could not be, or shows as much: silence is no rebuttal.
    """
    found, code, parent = batch.answer[run, look], batch.code[run], batch.parent[run]
    low = np.where(found[..., EVIDENCE] > 0, found[..., LOW].clip(0.0), 0.0)
    claimed = np.take_along_axis(low, parent.clip(0), 1)
    short = np.where(asked & (parent >= 0) & (found[..., UNABLE] == 0), (claimed - low).clip(0.0), 0.0)
    columns = [-np.where(code == k, short, 0.0).max(1) for k in range(len(batch.codes))]
    return np.stack(columns, 1)
