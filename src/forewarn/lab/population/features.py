"""What a judge sees of a recorded look: the same as of a live one (`judges.features`)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from forewarn.lab.population.looked import Finding, RecordedLook


def features(look: RecordedLook, codes: Sequence[str]) -> tuple[float, ...]:
    """For each code the lower end of its strongest claim's interval, or 0.0 without evidence or below zero."""
    return tuple(_feature(_evidence(look, code)) for code in codes)


def nulls(look: RecordedLook, codes: Sequence[str]) -> tuple[float | None, ...]:
    """For each code the greatest matched null among its evidence; None without evidence."""
    return tuple(max((f.null for f in _evidence(look, code)), default=None) for code in codes)


def complete(look: RecordedLook) -> bool:
    """Whether no question failed and any came to an answer."""
    kinds = {f.kind for f in look.findings}
    return "failed" not in kinds and bool(kinds & {"evidence", "nothing"})


def _evidence(look: RecordedLook, code: str) -> list[Finding]:
    return [f for f in look.findings if f.code == code and f.kind == "evidence"]


def _feature(evidence: Sequence[Finding]) -> float:
    if not evidence:
        return 0.0
    strongest = max(evidence, key=lambda f: -math.inf if math.isnan(f.explored) else f.explored)
    return max(0.0, strongest.low)
