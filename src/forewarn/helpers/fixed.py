"""Helpers that do not learn: what a learned one must beat."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from forewarn.helpers.policy import Asked, Inquiry


@final
@dataclass(frozen=True, slots=True)
class Exhaustive:
    """Asks everything that the budget allows, in the probes' own order."""

    name: str = "exhaustive"

    def next(self, open_: Sequence[Inquiry], asked: Sequence[Asked], budget: float) -> Inquiry | None:
        """The first that is affordable."""
        return next((i for i in open_ if i.cost <= budget), None)


@final
@dataclass(frozen=True, slots=True)
class FixedOrder:
    """Takes the probes in a given order, each at its most promising site, then at the next, and so on."""

    order: tuple[str, ...]
    """Codes; others are never asked."""
    name: str = "fixed-order"

    def next(self, open_: Sequence[Inquiry], asked: Sequence[Asked], budget: float) -> Inquiry | None:
        """The affordable one whose probe was asked least often, ties by the order."""
        times = {code: sum(a.inquiry.code == code for a in asked) for code in self.order}
        fit = [i for i in open_ if i.cost <= budget and i.code in times]
        return min(fit, key=lambda i: (times[i.code], self.order.index(i.code)), default=None)


@final
@dataclass(frozen=True, slots=True)
class Random:
    """Draws among what is affordable; the same seed draws the same."""

    seed: int = 0
    name: str = "random"

    def next(self, open_: Sequence[Inquiry], asked: Sequence[Asked], budget: float) -> Inquiry | None:
        """Uniform over the affordable ones."""
        fit = [i for i in open_ if i.cost <= budget]
        return fit[self._draw(len(asked)) % len(fit)] if fit else None

    def _draw(self, turn: int) -> int:
        return int(hashlib.sha256(f"{self.seed}|{turn}".encode()).hexdigest(), 16)
