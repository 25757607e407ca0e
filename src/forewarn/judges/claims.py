"""Which claim counts, and how much of it is news: one rule, for the judge, the decision and the report."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from forewarn.records import Evidence, Outcome


def strongest(outcomes: Sequence[Outcome], code: str) -> Evidence | None:
    """The claim of a code that promised most on the explore facts, the first of equals; None without evidence.

    The choice never sees the confirm facts, so that the interval measured there needs no correction for it.
    """
    return max(evidence_of(outcomes, code), key=_promised, default=None)


def leading(
    outcomes: Sequence[Outcome], codes: Collection[str] | None, first: Sequence[Outcome] = ()
) -> Evidence | None:
    """The claim that a look is told by: the strongest of its code, and of these the one with most news.

    A claim of `codes`, which the judge counts, comes before all others; without codes all count alike. Of claims
    with as much news the one with the greater lower end leads, then the one with the greater effect. None where
    nothing was confirmed.
    """
    own = dict.fromkeys(o.code for o in outcomes if isinstance(o, Evidence))
    claims = [claim for code in own if (claim := strongest(outcomes, code)) is not None]

    def rank(claim: Evidence) -> tuple[bool, float, float, float]:
        counts = codes is None or claim.code in codes
        return counts, news(claim, first), claim.interval.low, claim.effect

    return max(claims, key=rank, default=None)


def news(claim: Evidence, first: Sequence[Outcome]) -> float:
    """How far a claim surely lies above what its probe showed at the run's first look; never below 0.0.

    `first` holds the outcomes of that look. Each claim of the same probe that was beyond chance there is a null of
    its own, whatever condition it was found under: a search finds another of several conditions alike at the next
    look, and that is no change. Without any of them it is the lower end of the claim's interval.
    """
    already = [each for each in evidence_of(first, claim.code) if each.beyond_chance]
    return max(0.0, min((_rise(each, claim) for each in already), default=claim.interval.low))


def evidence_of(outcomes: Sequence[Outcome], code: str) -> list[Evidence]:
    """The confirmed claims of a code."""
    return [outcome for outcome in outcomes if isinstance(outcome, Evidence) and outcome.code == code]


def _rise(then: Evidence, now: Evidence) -> float:
    """Lower end of the interval of a difference of two effects, from the interval of each.

    They are taken for independent. Both are shares of much the same facts, so that the true interval is narrower.
    Source: Zou and Donner 2008, Statistics in Medicine 27:1693 (method of variance estimates recovery).
    """
    wide = math.hypot(now.effect - now.interval.low, then.interval.high - then.effect)
    return now.effect - then.effect - wide


def _promised(evidence: Evidence) -> float:
    # Compared with NaN everything is false, so a claim without a promise would win by its place in the list.
    return -math.inf if math.isnan(evidence.explored) else evidence.explored
