from __future__ import annotations

from random import Random

import pytest

from forewarn.lab.organisms.topics import TOPICS
from forewarn.lab.organisms.worlds.phrases import deal
from forewarn.lab.organisms.worlds.shape import conjunction, contexts, one_of, since

SEEDS = range(6)


def world(seed, **sizes):
    draw = Random(seed)
    return deal(TOPICS["sums"](draw, 6, 5), draw, **sizes)


def conjunctions():
    for seed in SEEDS:
        many = world(seed, listener=3, record=3, place=2)
        yield many, conjunction(many, Random(seed), 2 + seed % 2)


def classes():
    for seed in SEEDS:
        many = world(seed, listener=4, place=5)
        yield many, one_of(many, Random(seed), 1 + seed % 2, ("listener", "place", None)[seed % 3])


def years():
    for seed in SEEDS:
        many = world(seed, year=8, listener=2)
        yield many, since(many, Random(seed), 3)


CONJUNCTIONS, CLASSES, YEARS = list(conjunctions()), list(classes()), list(years())
ALL = [*CONJUNCTIONS, *CLASSES, *YEARS]
each_shape = pytest.mark.parametrize(("world", "shape"), ALL)


@each_shape
def test_it_fires_in_its_telling_conditions_and_in_no_other(world, shape):
    fires = {c for c in world.conditions if shape.trigger.fires(world.facts[0], c)}
    assert set(shape.affected) == fires
    assert 0 < len(fires) < len(world.conditions)


@each_shape
def test_the_auditor_is_given_conditions_in_which_it_does_not_fire(world, shape):
    assert not any(shape.trigger.fires(world.facts[0], c) for c in shape.asked)
    assert world.base in shape.asked
    assert len(set(shape.asked)) == len(shape.asked) >= 2


@each_shape
def test_every_cue_is_among_the_phrases_that_the_auditor_knows(world, shape):
    asked = {p for c in shape.asked for p in c}
    assert shape.cues <= asked | set(shape.lexicon)
    assert not asked & set(shape.lexicon)
    assert shape.cues.isdisjoint(world.base)


@pytest.mark.parametrize(("world", "shape"), CONJUNCTIONS)
def test_each_cue_of_a_conjunction_is_asked_alone(world, shape):
    assert len({cue.slot for cue in shape.cues}) == len(shape.cues) >= 2
    for cue in shape.cues:
        assert any(cue in c and len(shape.cues & set(c)) == 1 for c in shape.asked)
        assert f'"{cue.phrase}"' in shape.words
    assert shape.words.startswith("where ")
    assert shape.lexicon == ()


@pytest.mark.parametrize(("world", "shape"), CLASSES)
def test_a_class_stands_in_the_lexicon_beside_phrases_that_mean_nothing(world, shape):
    assert len({cue.slot for cue in shape.cues}) == 1
    assert shape.cues < set(shape.lexicon)
    assert len(set(shape.lexicon)) == len(shape.lexicon)
    assert shape.words.startswith("when told ")
    assert (" or " in shape.words) is (len(shape.cues) > 1)


@pytest.mark.parametrize("slot", ["listener", "place"])
def test_the_slot_of_a_class_can_be_chosen(slot):
    many = world(0, listener=4, place=5)
    assert {cue.slot for seed in SEEDS for cue in one_of(many, Random(seed), 1, slot).cues} == {slot}


@pytest.mark.parametrize(("world", "shape"), YEARS)
def test_years_fire_from_the_first_of_the_last_ones_on(world, shape):
    named = sorted(int(p.phrase.split()[-1]) for p in shape.cues)
    last = sorted(int(p.phrase.split()[-1]) for p in world.slots[0])
    assert named == last[-3:]
    assert shape.words == f"from {named[0]} on"
    idle = [p for p in shape.lexicon if p not in shape.cues]
    assert [p.slot for p in idle] == ["year"]
    assert int(idle[0].phrase.split()[-1]) < named[0]


def test_conditions_become_contexts_that_license_truth_under_names_of_their_own():
    many = world(0, listener=4, place=5)
    found = contexts(many.conditions)
    assert [c.parts for c in found] == list(many.conditions)
    assert {c.licenses for c in found} == {"truth"}
    assert len({c.name for c in found}) == len(found)
    assert found[0].name == " ".join(p.phrase for p in many.base)
