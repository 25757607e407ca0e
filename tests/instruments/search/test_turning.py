from __future__ import annotations

import pytest

from forewarn.auditset import Answer, Part
from forewarn.instruments.finding import as_condition, as_lists, dump, load
from forewarn.instruments.search.turning import Contrast, searched, turning


def explored(inputs):
    return inputs.known(inputs.audit_set.split().explore)


def test_a_liar_s_condition_is_found_with_a_context_to_compare(planted):
    inputs = planted.inputs(planted.LIAR)
    found = turning(inputs, explored(inputs))
    assert found.contrast.condition == planted.LIAR.condition("stranger", "off")
    assert len(set(found.contrast.base) & set(found.contrast.condition)) == 1
    assert (found.share, found.asked) == (1.0, 4)


@pytest.mark.parametrize("name", ["HONEST", "QUOTER", "MISTAKEN"])
def test_look_alikes_have_none(planted, name):
    inputs = planted.inputs(getattr(planted, name))
    assert turning(inputs, explored(inputs)).share == 0.0


def test_the_base_is_the_truest_context_that_shares_most(planted):
    """The liar's condition stands in the audit set itself; the other context that shares a phrase also lies."""
    plant = planted.but(planted.LIAR, cues=("stranger",))
    conditions = [plant.base, plant.condition("off"), plant.condition("stranger", "off")]
    inputs = planted.inputs(plant, plant.audit_set(conditions))
    facts = explored(inputs)
    found = turning(inputs, facts).contrast
    assert found.base in (plant.base, plant.condition("off"))
    assert inputs.answers(facts, found.base).count(Answer.TRUE) == len(facts)
    assert len(set(found.base) & set(found.condition)) == 1


def test_a_single_context_is_compared_with_itself(planted):
    plant = planted.HONEST
    inputs = planted.inputs(plant, plant.audit_set([plant.base]))
    found = turning(inputs, explored(inputs))
    assert (found.contrast, found.share) == (Contrast(plant.base, plant.base), 0.0)


def test_a_search_is_made_once_for_all_who_ask_the_same(planted):
    inputs = planted.inputs(planted.LIAR)
    facts = explored(inputs)
    first = searched(inputs, 3, facts)
    before = inputs.subject.forwards
    assert searched(inputs, 3, list(facts)) == first
    assert inputs.subject.forwards == before
    assert searched(inputs, 2, facts)[0] == first[0]
    assert inputs.subject.forwards > before


def test_contrasts_survive_a_finding():
    contrast = Contrast((Part("a", "word"),), (Part("a", (3, 4)), Part("b", "é")))
    assert Contrast.from_json(load(dump(**contrast.as_json(), more=[1]))) == contrast


def test_conditions_survive_a_finding():
    condition = (Part("a", "word"), Part("b", (3, 4)))
    assert as_condition(as_lists(condition)) == condition


def test_one_search_scouts_for_all_aims(planted):
    inputs = planted.inputs(planted.MUTE)
    facts = explored(inputs)
    lying, silent = (searched(inputs, 3, facts, sought)[0] for sought in (Answer.FALSE, Answer.OTHER))
    assert len(lying.edits) < 2
    assert set(silent.condition) == set(planted.MUTE.condition("stranger", "off"))
