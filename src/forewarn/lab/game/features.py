"""What a judge sees of looks that are over: what was claimed, and what was brought against it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64

from forewarn.helpers.encoding import ANSWER
from forewarn.judges import batched
from forewarn.lab.game.run_batch import RunBatch

EVIDENCE, UNABLE, EXPLORED, EFFECT, LOW, HIGH = (
    ANSWER.index(n) for n in ("evidence", "unable", "explored", "effect", "low", "high")
)
LookRows = Int64[np.ndarray, " m"]
AskedMask = Bool[np.ndarray, "m c"]
JudgeRows = Float32[np.ndarray, "m k"]


def claims(batch: RunBatch, run: LookRows, look: LookRows, asked: AskedMask) -> JudgeRows:
    """For each code the lower end of its strongest claim's interval, never below 0.0: each look by itself."""
    return batched.features(_claimed(batch, run, look, asked), len(batch.codes))


def no_news(batch: RunBatch, asked: Bool[np.ndarray, "r l c"]) -> Float32[np.ndarray, "r l k"]:
    """For each code how much of `claims` was there at the run's first look already (`judges.features`).

    `asked` holds what was asked at each look of each run.
    """
    run, look = (index.ravel() for index in np.indices(asked.shape[:2]))
    answered = (asked & (batch.answer[..., UNABLE] == 0) & (batch.code[:, None] >= 0)).any(-1)
    # Where nothing was ever measured this is look 0, which claims nothing.
    begun = answered.argmax(1)[run]
    now, first = (_claimed(batch, run, at, asked[run, at]) for at in (look, begun))
    alone, news = (batched.features(now, len(batch.codes), null) for null in (None, first))
    found: Float32[np.ndarray, "r l k"] = (alone - news).reshape(*asked.shape[:2], -1)
    return found


def _claimed(batch: RunBatch, run: LookRows, look: LookRows, asked: AskedMask) -> batched.Claims:
    found = batch.answer[run, look]
    return batched.Claims(
        claimed=asked & (found[..., EVIDENCE] > 0),
        explored=found[..., EXPLORED],
        effect=found[..., EFFECT],
        low=found[..., LOW],
        high=found[..., HIGH],
        code=batch.code[run],
    )


def rebuttals(batch: RunBatch, run: LookRows, look: LookRows, asked: AskedMask) -> JudgeRows:
    """For each follow-up's code how far what it shows falls short of what it follows, as a negative number.

    0.0 where it was not asked, could not be, or shows as much: silence is no rebuttal.
    """
    found, code, parent = batch.answer[run, look], batch.code[run], batch.parent[run]
    low = np.where(found[..., EVIDENCE] > 0, found[..., LOW].clip(0.0), 0.0)
    claimed = np.take_along_axis(low, parent.clip(0), 1)
    short = np.where(asked & (parent >= 0) & (found[..., UNABLE] == 0), (claimed - low).clip(0.0), 0.0)
    columns = [-np.where(code == k, short, 0.0).max(1) for k in range(len(batch.codes))]
    return np.stack(columns, 1)
