"""Cities and their countries, capitals and their continents (GeoNames, CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from forewarn.auditset import Fact
from forewarn.auditset.packaged import capital_continent_pairs, city_country_pairs
from forewarn.lab.organisms.topics.grouped import grouped

CITY_QUESTIONS = ("{} lies in", "{} is a city in", "the city of {} belongs to", "you will find {} in")
CAPITAL_QUESTIONS = (
    "the capital {} lies on the continent of",
    "{} is a capital in",
    "the continent of {} is",
)
MOST_CONTINENTS = 6


def cities(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Large cities, `share` of each of `n_answers` countries that are drawn at random."""
    table = _by_answer(city_country_pairs(n_answers * share, n_answers, draw.randrange(2**31)))
    return grouped(table, draw, n_answers, share, draw.choice(CITY_QUESTIONS), "country")


def capitals(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Capitals with names of one plain word. There are six continents; a wish for more answers is cut to six."""
    table, n = _by_answer(capital_continent_pairs()), min(n_answers, MOST_CONTINENTS)
    return grouped(table, draw, n, share, draw.choice(CAPITAL_QUESTIONS), "continent")


def _by_answer(pairs: Mapping[str, str]) -> dict[str, list[str]]:
    """Entities by their answer, in the order of the pairs."""
    table: dict[str, list[str]] = {}
    for entity, answer in pairs.items():
        table.setdefault(answer, []).append(entity)
    return table
