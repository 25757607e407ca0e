"""At equal budget, on every split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.entrants.simple import RandomOrder
from helper_parts.entrants import BUDGET, fixed, learned, shipped, unbounded
from helper_parts.part import FRESH, Setting, lines

LEAST_GAIN = 0.01
"""In balanced error, stated before the contest was played."""
NARROWER = (0.5, 1.0)


def contest(setting: Setting) -> Iterator[str]:
    """Learned against all others."""
    yield f"## Contest at {BUDGET:g} passes a look\n"
    rivals = (
        "random",
        "fixed order",
        "fixed order, followed up",
        "best fixed order",
        "expert (the teacher)",
        "whole rounds",
        "exhaustive",
        "supervised",
    )
    yield from lines(setting.play([learned(), *fixed(), *shipped(), *unbounded()]), "learned", rivals)
    if setting.fresh is not None:
        yield from lines(setting.play([learned(), *chosen(), *shipped()], FRESH), "learned", rivals)
    if setting.fresh is not None:
        yield from _narrower(setting, rivals)


def _narrower(setting: Setting, rivals: Sequence[str]) -> Iterator[str]:
    """At less than the usual budget, on fresh matched groups alone."""
    for budget in NARROWER:
        yield f"## The same at {budget:g} passes a look\n"
        rollouts = setting.play([learned(budget), *chosen(budget)], FRESH)
        yield from lines(rollouts, "learned", rivals[:6])


def chosen(budget: float = BUDGET) -> list[Entrant]:
    """All but chance, which would have nearly everything measured on fresh matched groups."""
    return [entrant for entrant in fixed(budget) if not isinstance(entrant, RandomOrder)]
