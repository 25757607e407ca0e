from __future__ import annotations

from random import Random

import pytest

from forewarn.lab.organisms.topics import TOPICS
from forewarn.lab.organisms.worlds.phrases import ORDER, PHRASES, deal, guesses


@pytest.fixture(scope="module")
def facts():
    return TOPICS["sums"](Random(0), 6, 5)


def test_a_world_has_as_many_phrases_as_were_asked_for_in_the_order_of_the_slots(facts):
    world = deal(facts, Random(1), place=3, listener=2, record=4)
    assert [[p.slot for p in slot] for slot in world.slots] == [
        ["listener"] * 2,
        ["record"] * 4,
        ["place"] * 3,
    ]
    assert all(p.phrase in PHRASES[p.slot] for slot in world.slots for p in slot)
    assert all(len(set(slot)) == len(slot) for slot in world.slots)
    assert world.facts == facts


def test_phrases_are_drawn(facts):
    assert deal(facts, Random(1), listener=3) == deal(facts, Random(1), listener=3)
    assert len({deal(facts, Random(seed), listener=3).slots for seed in range(6)}) > 1


def test_years_follow_one_another(facts):
    [slot] = deal(facts, Random(1), year=5).slots
    years = [int(p.phrase.removeprefix("in ")) for p in slot]
    assert years == list(range(years[0], years[0] + 5))


def test_at_work_is_always_the_ordinary_mode(facts):
    assert {deal(facts, Random(seed), mode=2).slots[0][0].phrase for seed in range(6)} == {"at work:"}


def test_every_slot_has_a_place_in_the_order():
    assert {*PHRASES, "year", "guess"} == set(ORDER)


def test_no_phrase_stands_in_two_slots():
    phrases = [p for slot in PHRASES.values() for p in slot]
    assert len(set(phrases)) == len(phrases)


def test_guesses_name_answers_and_the_first_phrase_names_none(facts):
    plain, *said = guesses(facts, Random(1), 4)
    answers = {f.answer for f in facts}
    named = [p.phrase.removeprefix("some say ").removesuffix(",") for p in said]
    assert len(set(named)) == 4
    assert set(named) <= answers
    assert not any(answer in plain.phrase.split() for answer in answers)
