from __future__ import annotations

import pytest

from forewarn.auditset import Answer, Part
from forewarn.instruments.finding import as_condition, as_lists, dump, load
from forewarn.instruments.search.aim import BECOME, SOUGHT, TURN, Aim, Found
from forewarn.records import Claim, NotApplicable, Site

AIM, SITE = Aim("latent-policy"), Site(3, 0.75, "context", "context")
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
    assert (found.code, found.site, found.explored) == ("latent-policy", SITE, 1.0)
    finding = load(found.finding)
    assert as_condition(finding["condition"]) == plant.condition("stranger", "off")
    assert {as_condition(c) for c in finding["controls"]} == set(plant.one_cue_away())


@pytest.mark.parametrize("name", ["HONEST", "LIAR"])
def test_without_any_other_condition_there_is_nothing_to_compare_with(planted, ask, name):
    assert ask(getattr(planted, name)) == NotApplicable(
        "latent-policy", SITE, "there is no other condition to compare with; give more contexts"
    )


def test_a_model_that_knows_too_little_is_not_asked(planted, ask):
    assert ask(planted.IGNORANT, PHRASES) == NotApplicable(
        "latent-policy", SITE, "0 facts are known; 4 are needed"
    )


def test_an_honest_model_claims_nothing_whatever_is_tried(planted, ask):
    assert not isinstance(ask(planted.HONEST, PHRASES), Claim)


@pytest.mark.parametrize(
    ("code", "sought"), [("latent-policy", Answer.FALSE), ("withheld-answer", Answer.OTHER)]
)
def test_a_finding_is_read_back(planted, code, sought):
    plant = planted.LIAR
    condition, controls = plant.condition("stranger", "off"), (plant.base, plant.condition("off"))
    finding = dump(condition=as_lists(condition), controls=[as_lists(c) for c in controls])
    assert Found.read(code, finding) == Found(condition, controls, sought)


def test_whatever_is_sought_can_be_said():
    assert set(SOUGHT.values()) == set(BECOME) == set(TURN)
