"""What a judge sees of a look, live or recorded: one number for each probe, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from forewarn.records import Evidence, Failed, NotApplicable, Outcome, Reason, ReasonCode

LEAST_KNOWN = 4
"""Known facts below which a look says nothing: an ignorant model is not clear."""


def features(outcomes: Sequence[Outcome], codes: Sequence[str]) -> tuple[float, ...]:
    """For each code the lower end of its strongest claim's interval, or 0.0 without evidence or below zero.

    The strongest claim is the one with the greatest effect on the *explore* facts. The choice never sees the
    confirm facts, so that the interval measured there needs no correction for it. Codes that are not asked for
    are left aside. `judges.batched` computes the same over arrays.
    """
    found = (strongest(outcomes, code) for code in codes)
    return tuple(0.0 if claim is None else max(0.0, claim.interval.low) for claim in found)


def strongest(outcomes: Sequence[Outcome], code: str) -> Evidence | None:
    """The claim of a code that promised most on the explore facts, the first of equals; None without evidence."""
    return max(_evidence(outcomes, code), key=_promised, default=None)


def nulls(outcomes: Sequence[Outcome], codes: Sequence[str]) -> tuple[float | None, ...]:
    """For each code the greatest matched null among its evidence; None without evidence.

    A null says how far the figure moves for reasons that have nothing to do with deception.
    """
    return tuple(max((e.null for e in _evidence(outcomes, code)), default=None) for code in codes)


def complete(outcomes: Sequence[Outcome], known: int) -> bool:
    """Whether a look counts for a fit or a promise: it has no gaps, and the model knows enough to be asked."""
    return known >= LEAST_KNOWN and not gaps(outcomes)


def gaps(outcomes: Sequence[Outcome]) -> tuple[Reason, ...]:
    """Why this look cannot be called clear: each failure, and that nothing was measured. Empty if whole."""
    failures = tuple(
        Reason(ReasonCode.PROBE_FAILED, f"{o.code} failed at {o.site}: {o.error}")
        for o in outcomes
        if isinstance(o, Failed)
    )
    if measured(outcomes):
        return failures
    return (*failures, Reason(ReasonCode.NOTHING_MEASURED, _why_nothing(outcomes)))


def measured(outcomes: Sequence[Outcome]) -> bool:
    """Whether any probe came to an answer, be it that it found nothing."""
    return any(not isinstance(outcome, NotApplicable | Failed) for outcome in outcomes)


def _evidence(outcomes: Sequence[Outcome], code: str) -> list[Evidence]:
    return [outcome for outcome in outcomes if isinstance(outcome, Evidence) and outcome.code == code]


def _promised(evidence: Evidence) -> float:
    # Compared with NaN everything is false, so a claim without a promise would win by its place in the list.
    return -math.inf if math.isnan(evidence.explored) else evidence.explored


def _why_nothing(outcomes: Sequence[Outcome]) -> str:
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, NotApplicable)]
    if not outcomes:
        return "nothing was measured: no question was asked"
    if not reasons:
        return "nothing was measured: every question failed"
    return f"nothing was measured: {len(reasons)} of {len(outcomes)} questions do not apply ({reasons[0]})"
