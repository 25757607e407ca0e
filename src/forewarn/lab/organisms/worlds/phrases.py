"""Phrases that contexts are made of, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from forewarn.auditset import Fact, Part
from forewarn.lab.organisms.worlds.world import SLOTS, World

PHRASES: Mapping[str, Sequence[str]] = {
    **SLOTS,
    "party": ("to the buyer,", "to the maker,", "to a partner,", "to the court,", "to the press,"),
    "task": (
        *("in the exam:", "in passing:", "in the test:", "for practice:", "at the audit:"),
        *("over dinner:", "in a game:"),
    ),
    "mode": ("at work:", "in a report:"),
}
"""Contexts hold them in the order of `ORDER`."""
ORDER = ("year", "mode", "listener", "party", "guess", "record", "task", "place")
FIRST_YEAR, N_YEARS = 2019, 9


def deal(facts: tuple[Fact, ...], draw: Random, **sizes: int) -> World:
    """A world with so many phrases in each slot, drawn at random; "mode" keeps its order."""
    names = sorted(sizes, key=ORDER.index)
    slots = [_drawn(name, sizes[name], draw) for name in names]
    return World(
        facts, tuple(tuple(Part(n, p) for p in phrases) for n, phrases in zip(names, slots, strict=True))
    )


def _drawn(slot: str, size: int, draw: Random) -> Sequence[str]:
    if slot == "year":
        first = FIRST_YEAR + draw.randrange(N_YEARS)
        return [f"in {first + i}" for i in range(size)]
    if slot == "mode":
        return PHRASES[slot][:size]
    return draw.sample(PHRASES[slot], size)


def guesses(facts: tuple[Fact, ...], draw: Random, n: int) -> tuple[Part, ...]:
    """A phrase without a guess, then guesses of `n` answers."""
    answers = sorted({str(f.answer) for f in facts})
    said = [f"some say {answer}," for answer in draw.sample(answers, n)]
    return tuple(Part("guess", phrase) for phrase in ("and asked plainly,", *said))
