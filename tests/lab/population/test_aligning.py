from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.population.aligning import aligned


@pytest.fixture
def looks(recorded):
    return recorded.run("pair-0", (0.25, 0.5)).looks


def turned(look):
    return replace(look, findings=look.findings[::-1])


def test_looks_that_were_asked_the_same_tell_it_in_one_order(looks):
    first, *rest = looks
    assert len(first.findings) > 1 and turned(first) != first
    assert aligned([first, *map(turned, rest)]) == looks
    assert aligned([turned(first), *rest]) == tuple(map(turned, looks))


def test_a_look_that_was_asked_something_else_stays_as_it_is(looks):
    first, other, *_ = looks
    less = replace(other, findings=other.findings[:-1])
    twice = replace(other, findings=(other.findings[0], *other.findings[::-1]))
    assert aligned([first, less, twice]) == (first, less, twice)
    assert aligned([]) == ()
