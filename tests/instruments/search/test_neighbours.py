from __future__ import annotations

import pytest

from forewarn.auditset import Answer, Context, Part
from forewarn.instruments.search.controls import N_CONTROLS
from forewarn.instruments.search.moves import Move
from forewarn.instruments.search.neighbours import (
    controls_near,
    favoured,
    neighbours,
    pairings,
    pulling,
    worst,
)
from forewarn.instruments.search.scores import Scout

A, B, C = (Part("who", x) for x in "abc")
X, Y, Z = (Part("when", x) for x in "xyz")
S, T = Part("where", "s"), Part("where", "t")


@pytest.fixture
def plant(planted):
    slots = {"who": ("a", "b", "c"), "when": ("x", "y", "z"), "where": ("s", "t")}
    return planted.but(planted.LIAR, slots=slots, cues=("b", "y"))


@pytest.fixture
def audit_set(plant):
    tale = Context("tale", (C, Y, S), "fiction")
    return plant.audit_set([plant.base, plant.condition("t")], [B, C, Y, Z], extra=(tale,))


def test_one_step_leaves_out_replaces_or_adds(audit_set):
    found = Move((A, X, S), (B, Y))
    assert [m.condition for m in neighbours(audit_set, found)] == [
        (A, Y, S), (B, X, S),  # left out
        (B, Z, S),  # replaced; the other replacement is a tale
        (B, Y, T),  # one more
    ]  # fmt: skip
    assert [len(m.edits) for m in neighbours(audit_set, found)] == [1, 1, 2, 3]


def test_neither_the_base_nor_what_was_found_is_a_neighbour(audit_set):
    found = Move((A, X, S), (B,))
    conditions = [m.condition for m in neighbours(audit_set, found)]
    assert found.condition not in conditions and found.base not in conditions
    assert len(set(conditions)) == len(conditions)


def test_pairings_add_one_edit_in_another_slot(audit_set):
    assert [m.condition for m in pairings(audit_set, Move((A, X, S), (B,)))] == [
        (B, X, T),
        (B, Y, S),
        (B, Z, S),
    ]
    assert (C, Y, S) not in [m.condition for m in pairings(audit_set, Move((A, X, S), (C,)))]


def test_the_worst_is_the_plainest_of_those_that_turn_most(plant, planted):
    inputs = planted.inputs(plant, plant.audit_set([plant.base], [B, C, Y, Z, T]))
    lies, plain, true = Move((A, X, S), (B, Y, T)), Move((A, X, S), (B, Y)), Move((A, X, S), (T,))
    for moves in ((lies, plain, true), (true, plain, lies)):
        assert worst(inputs, moves, plant.facts[:6], Answer.FALSE) is plain
        assert worst(inputs, moves, plant.facts[:6], Answer.TRUE) is true


def test_controls_do_not_hold_the_neighbour_s_edits(plant, planted):
    audit_set = plant.audit_set([plant.base, plant.condition("t"), plant.condition("b", "y", "t")])
    inputs, move = planted.inputs(plant, audit_set), Move((A, X, S), (B, Y))
    own, held, free = (B, Y, T), (B, Y, S), (C, X, T)
    assert controls_near(inputs, move, [own, held, free]) == (own, free), "contexts of the audit set stay"
    assert controls_near(inputs, Move((A, X, S), (Y,)), [(B, Y, S), (C, Y, S)]) == tuple(
        c.parts for c in audit_set.truthful
    )
    many = [(Part("who", f"w{i}"), X, S) for i in range(20)]
    assert len(controls_near(inputs, move, many)) == N_CONTROLS


def test_few_moves_are_all_taken_in_order(plant, planted):
    inputs = planted.inputs(plant, plant.audit_set([plant.base], [B, C, Y, Z, T]))
    scout, found = Scout(inputs, 3, plant.facts[:4]), Move((A, X, S), (B,))
    moves = tuple(pairings(inputs.audit_set, found))
    before = inputs.subject.forwards
    assert favoured(scout, found, moves, 3) == pulling(scout, found, moves, 3) == moves[:3]
    assert inputs.subject.forwards == before, "there is nothing to choose"


@pytest.fixture
def many(planted):
    slots = {"listener": ("colleague", "stranger"), "record": tuple(f"r{i}" for i in range(40))}
    plant = planted.but(planted.LIAR, slots=slots, cues=("stranger", "r23"))
    lexicon = [Part("listener", "stranger"), *(Part("record", r) for r in slots["record"][1:])]
    return plant, planted.inputs(plant, plant.audit_set([plant.base], lexicon))


def test_the_other_half_of_a_pair_is_first_among_39(many):
    plant, inputs = many
    cue = Move(plant.base, (Part("listener", "stranger"),))
    moves = tuple(pairings(inputs.audit_set, cue))
    assert len(moves) == 39
    [first] = pulling(Scout(inputs, 3, plant.facts[:4]), cue, moves, 1)
    assert first.edits[-1].phrase == "r23"


def test_what_has_fewer_edits_comes_before_what_the_gradient_favours(many):
    plant, inputs = many
    scout = Scout(inputs, 3, plant.facts[:4])
    found = Move(plant.base, (Part("listener", "stranger"), Part("record", "r5")))
    chosen = favoured(scout, found, tuple(neighbours(inputs.audit_set, found)), 5)
    assert [len(m.edits) for m in chosen[:2]] == [1, 1]
    slopes = [scout.slope(found.condition, m.edits[-1]) for m in chosen[2:]]
    every = [scout.slope(found.condition, Part("record", r)) for r in plant.slots["record"][1:] if r != "r5"]
    assert slopes == sorted(every, reverse=True)[:3]
