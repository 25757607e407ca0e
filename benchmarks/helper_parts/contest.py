"""At equal budget, on every split."""

from __future__ import annotations

from collections.abc import Iterator

from helper_parts.entrants import BUDGET, fixed, learned, unbounded
from helper_parts.part import HARD, Setting, lines

LEAST_GAIN = 0.01
"""In balanced error, stated before the contest was played."""
WIDER = 4.0


def contest(setting: Setting) -> Iterator[str]:
    """Learned against all others."""
    yield f"## Contest at {BUDGET:g} passes a look\n"
    rivals = (
        "random",
        "fixed order",
        "fixed order, followed up",
        "best fixed order",
        "whole rounds",
        "exhaustive",
        "supervised",
    )
    played = setting.play([learned(), *fixed(), *unbounded()])
    yield from lines(played, "learned", rivals)
    yield f"## The same at {WIDER:g} passes a look\n"
    yield from lines(setting.play([learned(WIDER), *fixed(WIDER)], HARD), "learned", rivals[:5])
