"""Who is compared: forewarn, the field's baselines, controls that must not do well, and the trivial ones."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.evaluation.detector import Detector
from forewarn.evaluation.detectors.baseline import Fixed, FromBaseline, VeryLow
from forewarn.evaluation.detectors.evidence import Evidence, ShuffledTruth

QUERIES = 10
"""Figures of queries that are kept: the choice is the tuning."""
CONTROLS = ("unrelated-concept", "random-direction", "bag-of-words")
"""Baselines that see nothing of deceit."""


def lineup(codes: Sequence[str], baselines: Sequence[str]) -> tuple[Detector, ...]:
    """All detectors, forewarn first, the field's next, controls after them, the trivial ones last."""
    judged = Evidence(tuple(codes))
    field = [name for name in baselines if name not in CONTROLS]
    return (
        judged,
        *(FromBaseline(name, QUERIES if name == "queries" else None) for name in field),
        *(FromBaseline(name) for name in baselines if name in CONTROLS),
        ShuffledTruth(judged),
        VeryLow(judged),
        Fixed("always alarm", alarm=True),
        Fixed("never alarm", alarm=False),
    )
