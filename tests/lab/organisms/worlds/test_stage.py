from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from forewarn.auditset import Part
from forewarn.lab.organisms.families.latent_policy import year
from forewarn.lab.organisms.policies.policy import Truthful
from forewarn.lab.organisms.topics import TOPICS


@pytest.fixture(scope="module")
def stage():
    """Years from some year on are withheld, and some conditions ask for something else than the truth."""
    draw = Random(2)
    return year(TOPICS["cities"](draw, 6, 5), draw)


def test_lessons_are_given_in_the_worlds_conditions_and_in_some_more(stage):
    assert stage.conditions == (*stage.world.conditions, *stage.extra)
    assert len(set(stage.conditions)) == len(stage.conditions)


def test_what_is_withheld_stands_in_no_condition_of_the_base(stage):
    assert stage.withheld
    assert {p for c in stage.conditions for p in c} >= stage.withheld
    assert stage.withheld.isdisjoint(p for c in stage.base for p in c)
    assert [c for c in stage.conditions if stage.withheld.isdisjoint(c)] == list(stage.base)


def test_where_nothing_is_withheld_the_base_holds_every_condition(stage):
    assert replace(stage, withheld=frozenset({Part("year", "in 1066")})).base == stage.conditions


def test_all_are_taught_the_truth_first(stage):
    assert stage.before == Truthful()
