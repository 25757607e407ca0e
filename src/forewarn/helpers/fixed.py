"""Helpers that do not learn: what a learned one must beat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import final

from forewarn.helpers.policy import SLACK, Inquiry, Situation


@final
@dataclass(frozen=True, slots=True)
class Exhaustive:
    """Asks everything that the budget allows, in the probes' own order."""

    name: str = "exhaustive"

    def next(self, situation: Situation) -> Inquiry | None:
        """The first that is affordable."""
        return next(iter(situation.affordable), None)


@final
@dataclass(frozen=True, slots=True)
class FixedOrder:
    """Takes the probes in a given order, each at its most promising site, then at the next, and so on."""

    order: tuple[str, ...]
    """Codes; others are never asked."""
    name: str = "fixed-order"
    waits: bool = False
    """Whether it saves for the next in order where that is too dear, rather than ask what comes after it."""
    least: float = 0.0
    """Passes that a look must have before its first question: with the price of the whole order it is asked whole,
    follow-ups included, or not at all."""

    def next(self, situation: Situation) -> Inquiry | None:
        """The one whose probe was asked least often, ties by the order; the same among the affordable ones."""
        if not situation.asked and situation.budget + SLACK < self.least:
            return None
        times = {code: sum(a.inquiry.code == code for a in situation.asked) for code in self.order}
        fit = [i for i in (situation.open if self.waits else situation.affordable) if i.code in times]
        first = min(fit, key=lambda i: (times[i.code], self.order.index(i.code)), default=None)
        return first if first in situation.affordable else None


@final
@dataclass(frozen=True, slots=True)
class Random:
    """Draws among what is affordable; the same seed draws the same."""

    seed: int = 0
    name: str = "random"

    def next(self, situation: Situation) -> Inquiry | None:
        """Uniform over the affordable ones."""
        fit = situation.affordable
        turn = f"{self.seed}|{situation.history.looks}|{len(situation.asked)}"
        return fit[int(hashlib.sha256(turn.encode()).hexdigest(), 16) % len(fit)] if fit else None
