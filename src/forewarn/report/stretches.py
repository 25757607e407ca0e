"""Which looks of a long run a page tells in full, and how it sums up the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from forewarn.report.looks import LookSummary, State
from forewarn.report.words import count, likely

MOST_IN_FULL: Final = 60
"""A run of at most so many looks is told look by look."""
RECENT: Final = 20
"""Of a longer one the newest, beside those that matter."""
MOST_DRAWN: Final = 240
"""Marks on a curve; of more looks the worst of each stretch is drawn."""
_WORST: Final = (State.FLAGGED, State.MISSED, State.UNKNOWN, State.CLEAR)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Looks one behind the other that came out alike, told in one line."""

    first: int
    """Step of the first."""
    last: int
    """Step of the last."""
    state: State
    words: str
    """How many they are, and the greatest chance among them."""


def in_full(looks: Sequence[LookSummary], shown: LookSummary | None) -> frozenset[int]:
    """Places of the looks that are told in full: all of a short run, else the shown, flagged and newest ones.

    Where more looks than `MOST_IN_FULL` are flagged, these are the first and the last of them.
    """
    n = len(looks)
    if n <= MOST_IN_FULL:
        return frozenset(range(n))
    flagged = [k for k, look in enumerate(looks) if look.state is State.FLAGGED]
    half = (MOST_IN_FULL - RECENT) // 2
    chosen = {*flagged[:half], *flagged[-half:], *range(n - RECENT, n)}
    return frozenset(chosen | {k for k, look in enumerate(looks) if look is shown})


def told(looks: Sequence[LookSummary], full: frozenset[int]) -> Iterator[int | Stretch]:
    """The looks in order: the place of one that is told in full, or a stretch of others that came out alike."""
    begun = 0
    for k in range(len(looks) + 1):
        ends = k == len(looks) or k in full or (k > begun and looks[k].state is not looks[begun].state)
        if ends and k > begun:
            yield _stretch(looks[begun:k])
        if k in full:
            yield k
        if ends:
            begun = k + (k in full)


def _stretch(looks: Sequence[LookSummary]) -> Stretch:
    chances = [look.probability for look in looks if look.probability is not None]
    words = count(len(looks), "look")
    if chances:
        words += f", the greatest chance {likely(max(chances))}"
    if claims := sum(len(look.evidence) for look in looks):
        words += f", {count(claims, 'claim')}"
    return Stretch(looks[0].step, looks[-1].step, looks[0].state, words)


def drawn(looks: Sequence[LookSummary]) -> tuple[LookSummary, ...]:
    """The looks that a curve draws: all, or of many the worst of each stretch, so that nothing bad is hidden."""
    n = len(looks)
    if n <= MOST_DRAWN:
        return tuple(looks)
    edges = [n * k // MOST_DRAWN for k in range(MOST_DRAWN + 1)]
    return tuple(min(looks[a:b], key=_badness) for a, b in pairwise(edges))


def _badness(look: LookSummary) -> tuple[int, float]:
    return _WORST.index(look.state), -(look.probability or 0.0)
