"""The detectors that are compared: forewarn, the field's baselines, controls that must fail, and trivial ones."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.lab.evaluation.detector import Detector
from forewarn.lab.evaluation.detectors.baseline import BaselineDetector
from forewarn.lab.evaluation.detectors.evidence import EvidenceDetector, ShuffledTruth
from forewarn.lab.evaluation.detectors.trivial import Fixed, VeryLow
from forewarn.probes.follow_up import followed

QUERIES = 10
"""How many of the queries' figures are kept; choosing them stands for tuning the queries."""
SEARCHES, COMPOSED = (
    ("latent-policy", "withheld-answer"),
    ("latent-policy/composure", "withheld-answer/composure"),
)
FEWER = {
    "latent-policy alone": SEARCHES[:1],
    "latent-policy and withheld-answer alone": SEARCHES,
    "composure alone": COMPOSED,
    "latent-policy, withheld-answer and composure": (*SEARCHES, *COMPOSED),
}
"""forewarn cut down to what searches for a lie, for silence, and for sureness: does the rest earn its place?"""
CONTROLS = ("unrelated-concept", "random-direction", "bag-of-words")
"""Baselines that cannot see deceit."""


def detectors(codes: Sequence[str], baselines: Sequence[str]) -> tuple[Detector, ...]:
    """All detectors in the order of tables; `codes` are the probes of the table, `baselines` its baselines."""
    judged, probes = EvidenceDetector(tuple(codes)), tuple(c for c in codes if followed(c) is None)
    field = [name for name in baselines if name not in CONTROLS]
    return (
        judged,
        *([EvidenceDetector(probes, "probes without follow-ups")] if len(probes) < len(codes) else []),
        EvidenceDetector(judged.codes, "weights drawn to zero", common=False),
        *(EvidenceDetector(few, name) for name, few in FEWER.items() if set(few) <= set(codes)),
        *(BaselineDetector(name, QUERIES if name == "queries" else None) for name in field),
        *(BaselineDetector(name) for name in baselines if name in CONTROLS),
        ShuffledTruth(judged),
        VeryLow(judged),
        Fixed("always alarm", alarm=True),
        Fixed("never alarm", alarm=False),
    )
