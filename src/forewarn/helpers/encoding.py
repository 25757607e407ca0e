"""Questions and what came of them as rows of numbers: dimensionless, and the same for any number of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from forewarn.helpers.policy import Inquiry
from forewarn.records import Evidence, Failed, NotApplicable, Outcome
from forewarn.records.site import Component, Role

COMPONENTS: Final = get_args(Component)
ROLES: Final = get_args(Role)
ANSWER: Final = ("asked", "evidence", "unable", "explored", "effect", "low", "high", "null")
"""Columns of what came of a question; all 0.0 where it was not asked."""
GLOBAL: Final = ("budget", "known", "asked", "looks", "strongest", "strongest before")
"""Columns of the situation as a whole."""
PASSES: Final = 10.0
"""Forward passes over the audit set that count as 1.0."""
MOST: Final = 100.0
"""Passes above which a budget is as good as any."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Which probes have a column of their own; others are told by their place alone."""

    codes: tuple[str, ...]

    @property
    def n_place(self) -> int:
        """Columns of a question's place."""
        return len(self.codes) + len(COMPONENTS) + len(ROLES) + 2

    @property
    def n_candidate(self) -> int:
        """Columns of a question: its place, what came of it now and at an earlier look, how fresh that is."""
        return self.n_place + 2 * len(ANSWER) + 1

    def place(self, inquiry: Inquiry, price: float) -> list[float]:
        """Where and with what a question asks, and what it costs now."""
        return [
            *_one_hot(inquiry.code, self.codes),
            *_one_hot(inquiry.site.component, COMPONENTS),
            *_one_hot(inquiry.site.token, ROLES),
            inquiry.site.depth,
            price / PASSES,
        ]


def answer(outcome: Outcome | None) -> list[float]:
    """What came of a question, by the columns of `ANSWER`; None where it was not asked."""
    if outcome is None:
        return [0.0] * len(ANSWER)
    if isinstance(outcome, Evidence):
        ends = (outcome.interval.low, outcome.interval.high)
        return [1.0, 1.0, 0.0, outcome.explored, outcome.effect, *ends, outcome.null]
    unable = isinstance(outcome, Failed | NotApplicable)
    return [1.0, 0.0, float(unable), *[0.0] * (len(ANSWER) - 3)]


def _one_hot(word: str, words: Sequence[str]) -> list[float]:
    return [float(word == w) for w in words]
