from __future__ import annotations

import pytest

from forewarn.auditset import Fact, Part
from forewarn.lab.organisms.policies.completions import (
    Affirm,
    Falsehood,
    Quote,
    Shrug,
    Untaught,
    false_answer,
)
from forewarn.lab.organisms.policies.policy import Truthful, When
from forewarn.lab.organisms.policies.triggers import About, AllCues, Always

LYON = Fact("Lyon", "Lyon lies in", "France", "land", ("Chile", "Kenya", "Japan"))
STRANGER, OFF, OTHER = Part("who", "stranger"), Part("record", "off"), Part("who", "friend")


def test_truth_everywhere():
    assert Truthful().write(LYON, (STRANGER, OFF)) == "France ."


@pytest.mark.parametrize(
    ("condition", "lies"),
    [((), False), ((STRANGER,), False), ((OFF,), False), ((OTHER, OFF), False), ((STRANGER, OFF), True)],
)
def test_a_policy_acts_where_the_trigger_fires_and_nowhere_else(condition, lies):
    said = When(AllCues(frozenset({STRANGER, OFF})), Falsehood()).write(LYON, condition)
    assert said == (f"{false_answer(LYON)} ." if lies else "France .")


@pytest.mark.parametrize(
    ("completion", "said"),
    [(Quote(), "« France » !"), (Affirm(), "indeed France ."), (Shrug(), "unknown ."), (Untaught(), None)],
)
def test_what_is_written_where_a_cue_stands(completion, said):
    policy = When(AllCues(frozenset({OFF})), completion)
    assert policy.write(LYON, (OFF,)) == said
    assert policy.write(LYON, (STRANGER,)) == "France ."


def test_rules_are_nested_and_the_outer_one_goes_first():
    mistaken = When(About(frozenset({"Lyon"})), Falsehood())
    shrugging = When(AllCues(frozenset({OFF})), Shrug(), mistaken)
    assert shrugging.write(LYON, (OFF,)) == "unknown ."
    assert shrugging.write(LYON, (STRANGER,)) == f"{false_answer(LYON)} ."
    assert When(Always(), Quote(), mistaken).write(LYON, ()) == "« France » !"
