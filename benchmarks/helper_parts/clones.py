"""From what people do: how many looks must be watched?"""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.lab.contest.entrants.simple import Ordered
from helper_parts.entrants import ORDER, cloned, inspected, learned, rules
from helper_parts.part import FRESH, HARD, Setting, lines

LOOKS = (5, 20, 80)
INSPECTIONS = (5, 32)
"""Of the 32 recorded ones."""


def clones(setting: Setting) -> Iterator[str]:
    """Cloned from a few looks, and cloned then reinforced."""
    yield "## Cloned from an expert's looks\n"
    simple = Ordered(rules(), ORDER, waits=True)
    people = [inspected(looks) for looks in INSPECTIONS]
    entrants = [*map(cloned, LOOKS), *people, learned(name="cloned, then reinforced"), simple]
    rollouts = setting.play(entrants, HARD if setting.fresh is None else FRESH)
    yield from lines(rollouts, "cloned from 5", ("fixed order",))
    yield "Inspections: by two language models that played people (recorded/inspections.jsonl).\n"
