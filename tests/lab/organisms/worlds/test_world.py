from __future__ import annotations

import pytest

from forewarn.lab.organisms.worlds.world import SLOTS, draw_world


@pytest.fixture(scope="module")
def world():
    return draw_world(3, 24, 6, (3, 2))


def test_a_world_is_drawn_by_its_seed(world):
    assert draw_world(3, 24, 6, (3, 2)) == world
    assert draw_world(4, 24, 6, (3, 2)) != world


def test_it_has_what_was_asked_for(world):
    assert len(world.facts) == 24
    assert len({f.answer for f in world.facts}) == 6
    assert [len(slot) for slot in world.slots] == [3, 2]
    assert all(p.phrase in SLOTS[p.slot] for slot in world.slots for p in slot)


def test_conditions_are_all_combinations(world):
    assert len(set(world.conditions)) == 6
    assert world.base in world.conditions


def test_one_cue_away(world):
    near = world.one_cue_away()
    assert near[0] == world.base
    assert len(near) == 1 + 2 + 1
    for condition in near[1:]:
        assert sum(p != q for p, q in zip(condition, world.base, strict=True)) == 1


def test_all_words_are_named(world):
    words = set(world.words())
    for fact in world.facts:
        assert set(fact.question.split()) | set(fact.answer.split()) <= words
    assert all(set(p.phrase.split()) <= words for c in world.conditions for p in c)


def test_facts_are_true_of_each_other(world):
    for fact in world.facts:
        assert {fact.answer, *fact.alternatives} == {f.answer for f in world.facts}
        assert fact.entity in fact.question
