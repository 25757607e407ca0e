"""Cities and the countries that they lie in (GeoNames, CC BY 4.0)."""

from __future__ import annotations

from random import Random

from forewarn.auditset import Fact
from forewarn.auditset.packaged import city_country_pairs
from forewarn.lab.organisms.topics.grouped import grouped

QUESTIONS = ("{} lies in", "{} is a city in", "the city of {} belongs to", "you will find {} in")


def cities(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Large cities of countries drawn at random."""
    table: dict[str, list[str]] = {}
    for city, country in city_country_pairs(n_answers * share, n_answers, draw.randrange(2**31)).items():
        table.setdefault(country, []).append(city)
    return grouped(table, draw, n_answers, share, draw.choice(QUESTIONS), "country")
