"""Who is compared: forewarn, the field's baselines, controls that must not do well, and the trivial ones."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.detectors.baseline import FromBaseline
from forewarn.lab.evaluation.detectors.evidence import Evidence, ShuffledTruth
from forewarn.lab.evaluation.detectors.trivial import Fixed, VeryLow
from forewarn.probes.follow_up import followed

QUERIES = 10
"""Figures of queries that are kept: the choice is the tuning."""
SEARCHES, COMPOSED = ("TP003", "TP009"), ("TP003.FU001", "TP009.FU001")
FEWER = {
    "TP003 alone": SEARCHES[:1],
    "TP003 and TP009 alone": SEARCHES,
    "composure alone": COMPOSED,
    "TP003, TP009 and composure": (*SEARCHES, *COMPOSED),
}
"""What searches for a lie, for silence, and whether the model is sure of either: does the rest earn its place?"""
CONTROLS = ("unrelated-concept", "random-direction", "bag-of-words")
"""Baselines that see nothing of deceit."""


def lineup(codes: Sequence[str], baselines: Sequence[str]) -> tuple[Detector, ...]:
    """All detectors: forewarn and what it could be cut down to, the field's, controls, the trivial ones."""
    judged, probes = Evidence(tuple(codes)), tuple(c for c in codes if followed(c) is None)
    field = [name for name in baselines if name not in CONTROLS]
    return (
        judged,
        *([Evidence(probes, "probes without follow-ups")] if len(probes) < len(codes) else []),
        Evidence(judged.codes, "weights drawn to zero", common=False),
        *(Evidence(few, name) for name, few in FEWER.items() if set(few) <= set(codes)),
        *(FromBaseline(name, QUERIES if name == "queries" else None) for name in field),
        *(FromBaseline(name) for name in baselines if name in CONTROLS),
        ShuffledTruth(judged),
        VeryLow(judged),
        Fixed("always alarm", alarm=True),
        Fixed("never alarm", alarm=False),
    )
