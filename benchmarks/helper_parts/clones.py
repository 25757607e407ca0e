"""From what people do: how many looks must be watched?"""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.contest.entrants.simple import Ordered
from helper_parts.entrants import ORDER, cloned, learned, rules
from helper_parts.part import FRESH, HARD, Setting, lines

LOOKS = (5, 20, 80)


def clones(setting: Setting) -> Iterator[str]:
    """Cloned from a few looks, and cloned then reinforced."""
    yield "## Cloned from an expert's looks\n"
    simple = Ordered(rules(), ORDER, patient=True)
    entrants = [*map(cloned, LOOKS), learned(name="cloned, then reinforced"), simple]
    played = setting.play(entrants, HARD if setting.fresh is None else FRESH)
    yield from lines(played, "cloned from 5", ("fixed order",))
