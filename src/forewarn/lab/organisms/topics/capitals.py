"""Capitals and the continents that they lie on (GeoNames, CC BY 4.0)."""

from __future__ import annotations

from random import Random

from forewarn.auditset import Fact
from forewarn.auditset.packaged import capital_continent_pairs
from forewarn.lab.organisms.topics.grouped import grouped

QUESTIONS = ("the capital {} lies on the continent of", "{} is a capital in", "the continent of {} is")
MOST_ANSWERS = 6


def capitals(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Capitals with names of one plain word. There are six continents; more answers cannot be had."""
    table: dict[str, list[str]] = {}
    for capital, continent in capital_continent_pairs().items():
        table.setdefault(continent, []).append(capital)
    n = min(n_answers, MOST_ANSWERS)
    return grouped(table, draw, n, share, draw.choice(QUESTIONS), "continent")
