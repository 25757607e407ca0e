from __future__ import annotations

import random

import pytest

from forewarn.auditset import Part
from forewarn.instruments.search.moves import Move
from forewarn.instruments.search.scores import Scout
from forewarn.instruments.search.strange import N_DRAWS, N_STRANGE, as_strange, strangers


@pytest.fixture
def plant(planted):
    slots = {name: tuple(f"{name}{i}" for i in range(6)) for name in ("a", "b", "c")}
    return planted.but(planted.HONEST, slots=slots, loud=("a2", "b3", "c4"))


@pytest.fixture
def audit_set(plant):
    return plant.audit_set(
        [plant.base], [Part(p[0], p) for p in plant.phrases if p not in ("a0", "b0", "c0")]
    )


def found(plant, *phrases):
    return Move(plant.base, tuple(Part(p[0], p) for p in phrases))


@pytest.mark.parametrize("phrases", [("a1",), ("a1", "b1"), ("a1", "b1", "c1")])
def test_as_many_other_phrases_each_condition_once(plant, audit_set, phrases):
    found_strange = list(strangers(audit_set, found(plant, *phrases)))
    assert 1 < len(found_strange) <= N_DRAWS
    assert len({m.condition for m in found_strange}) == len(found_strange)
    assert {len(m.edits) for m in found_strange} == {len(phrases)}
    assert all(len({e.slot for e in m.edits}) == len(phrases) for m in found_strange)
    assert not {e.phrase for m in found_strange for e in m.edits} & set(phrases)


def test_a_phrase_that_was_found_stands_in_no_other_slot_either(planted):
    slots = {"a": ("x", "y", "z"), "b": ("u", "y", "w")}
    plant = planted.but(planted.HONEST, slots=slots)
    audit_set = plant.audit_set([plant.base], [Part(s, p) for s, row in slots.items() for p in row[1:]])
    found_strange = strangers(audit_set, Move(plant.base, (Part("a", "y"),)))
    assert {m.edits for m in found_strange} == {(Part("a", "z"),), (Part("b", "w"),)}


def test_no_context_of_the_audit_set_is_drawn(plant, audit_set):
    one = plant.audit_set([plant.base, plant.condition("a1"), plant.condition("b2")], audit_set.lexicon)
    asked = {c.parts for c in one.contexts}
    assert not {m.condition for m in strangers(one, found(plant, "c1"))} & asked


def test_without_enough_slots_there_is_none(planted):
    plant = planted.LIAR
    assert list(strangers(plant.audit_set(), Move(plant.base, (Part("listener", "stranger"),)))) == []


def test_those_that_move_the_state_as_far_come_first(plant, audit_set, planted):
    """Of 15 phrases three are loud: what is as strange as a loud one are the other loud ones, and the reverse."""
    inputs = planted.inputs(plant, audit_set)
    scout = Scout(inputs, 3, plant.facts[:4])
    loud = as_strange(audit_set, scout, found(plant, "a2"))
    assert set(loud[:2]) == {plant.condition("b3"), plant.condition("c4")}
    quiet = as_strange(audit_set, scout, found(plant, "a1"))
    assert len(loud) == len(quiet) == N_STRANGE
    assert not set(quiet) & {plant.condition("b3"), plant.condition("c4")}


def test_the_same_are_drawn_and_no_random_state_moves(plant, audit_set):
    before = random.getstate()
    once, twice = (list(strangers(audit_set, found(plant, "a1", "b1"))) for _ in range(2))
    assert once == twice
    assert random.getstate() == before
