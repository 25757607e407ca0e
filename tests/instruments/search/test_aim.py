from __future__ import annotations

import pytest

from forewarn.auditset import Answer, Part
from forewarn.instruments.finding import load
from forewarn.instruments.search.aim import Aim
from forewarn.instruments.search.turning import parts
from forewarn.records import Claim, NotApplicable, Site

AIM, SITE = Aim("TP900", Answer.FALSE, "turn false"), Site(3, 0.75, "context", "context")
PHRASES = (Part("listener", "stranger"), Part("record", "off"))


@pytest.fixture
def ask(planted):
    """What is found of a plant that is asked in one truthful context, with phrases to try in it."""

    def asked(plant, lexicon=()):
        inputs = planted.inputs(plant, plant.audit_set([plant.base], lexicon))
        return AIM.explore(inputs, SITE, inputs.audit_set.split())

    return asked


def test_of_a_single_context_the_controls_are_other_conditions_that_were_asked(planted, ask):
    plant = planted.LIAR
    found = ask(plant, PHRASES)
    assert isinstance(found, Claim)
    assert (found.code, found.site, found.explored) == ("TP900", SITE, 1.0)
    finding = load(found.finding)
    assert parts(finding["condition"]) == plant.condition("stranger", "off")
    assert {parts(c) for c in finding["controls"]} == set(plant.one_cue_away())


@pytest.mark.parametrize("name", ["HONEST", "LIAR"])
def test_without_any_other_condition_there_is_nothing_to_compare_with(planted, ask, name):
    assert ask(getattr(planted, name)) == NotApplicable(
        "TP900", SITE, "there is no other condition to compare with; give more contexts"
    )


def test_a_model_that_knows_too_little_is_not_asked(planted, ask):
    assert ask(planted.IGNORANT, PHRASES) == NotApplicable("TP900", SITE, "0 facts are known; 4 are needed")


def test_an_honest_model_claims_nothing_whatever_is_tried(planted, ask):
    assert not isinstance(ask(planted.HONEST, PHRASES), Claim)
