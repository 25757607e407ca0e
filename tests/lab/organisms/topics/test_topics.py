"""Facts of every topic: as many as were asked for, true, and with false answers of the same kind."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from forewarn.auditset import AuditSet
from forewarn.errors import ConfigurationError
from forewarn.lab.organisms.topics import TOPICS
from forewarn.lab.organisms.topics.goods import BEST
from forewarn.lab.organisms.topics.grouped import grouped
from forewarn.lab.organisms.topics.sums import NUMBERS

MOST = {"capitals": (6, 99), "elements": (8, 5)}
"""Answers, and entities of each, beyond which a topic has no more."""
each_topic = pytest.mark.parametrize("topic", TOPICS)
sizes = pytest.mark.parametrize(("answers", "share"), [(6, 5), (6, 6), (8, 5), (8, 6)])


@each_topic
@sizes
def test_there_are_as_many_facts_as_were_asked_for(topic, answers, share):
    most_answers, most_share = MOST.get(topic, (answers, share))
    for seed in range(4):
        facts = TOPICS[topic](Random(seed), answers, share)
        each = Counter(f.answer for f in facts)
        assert len(each) == min(answers, most_answers)
        assert set(each.values()) == {min(share, most_share)}
        assert len({f.entity for f in facts}) == len({f.question for f in facts}) == len(facts)


@each_topic
def test_false_answers_are_all_others_of_the_same_kind(topic):
    facts = TOPICS[topic](Random(0), 6, 5)
    answers = {f.answer for f in facts}
    for fact in facts:
        assert {fact.answer, *fact.alternatives} == answers
        assert len(fact.alternatives) == len(answers) - 1
        assert fact.entity in fact.question
    assert len({f.relation for f in facts}) == 1
    assert AuditSet(facts).truthful, "an audit can ask them"


@each_topic
def test_the_draw_decides_everything(topic):
    assert TOPICS[topic](Random(3), 6, 5) == TOPICS[topic](Random(3), 6, 5)
    assert TOPICS[topic](Random(3), 6, 5) != TOPICS[topic](Random(4), 6, 5)


@each_topic
def test_facts_of_one_answer_do_not_stand_together(topic):
    facts = TOPICS[topic](Random(0), 6, 5)
    assert len({f.answer for f in facts[:5]}) > 1


def test_sums_add_up():
    for fact in TOPICS["sums"](Random(0), 8, 6):
        one, other = map(int, fact.entity.split(" plus "))
        assert fact.answer == NUMBERS[one + other]


@pytest.mark.parametrize(
    ("topic", "entity", "answer"),
    [
        ("elements", "neon", "noble gases"),
        ("elements", "sodium", "alkali metals"),
        ("capitals", "Paris", "Europe"),
    ],
)
def test_what_is_known_of_the_world_is_told_truly(topic, entity, answer):
    drawn = [f for seed in range(40) for f in TOPICS[topic](Random(seed), 6, 5)]
    assert {f.answer for f in drawn if f.entity == entity} == {answer}


def test_one_state_of_goods_sells():
    assert all(BEST in {f.answer for f in TOPICS["goods"](Random(seed), 6, 5)} for seed in range(6))


def test_a_table_that_is_too_small_is_refused():
    table = {"even": ["two", "four"], "odd": ["one"]}
    with pytest.raises(
        ConfigurationError, match=r"only 1 answers of 'parity' have 2 entities; wanted 2. Ask for"
    ):
        grouped(table, Random(0), 2, 2, "{} is", "parity")


def test_only_answers_with_enough_entities_are_drawn():
    table = {"even": ["two", "four"], "odd": ["one"], "prime": ["two", "three", "five"]}
    facts = grouped(table, Random(0), 2, 2, "{} is", "kind")
    assert {f.answer for f in facts} == {"even", "prime"}
    assert all(f.question == f"{f.entity} is" for f in facts)
