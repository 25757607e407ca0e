from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from forewarn.auditset import Fact
from forewarn.auditset.split import by_entity


def fact(entity, answer, relation="land"):
    return Fact(entity, f"{entity} in", answer, relation, ("elsewhere",))


FACTS = st.lists(
    st.builds(
        fact, st.sampled_from([f"e{i}" for i in range(20)]), st.sampled_from("abc"), st.sampled_from("xy")
    ),
    min_size=8,
    max_size=40,
)


@given(FACTS, st.integers(0, 99))
def test_no_entity_stands_on_both_sides_and_nothing_is_lost(facts, seed):
    split = by_entity(facts, seed)
    assert not {f.entity for f in split.explore} & {f.entity for f in split.confirm}
    assert Counter(split.explore + split.confirm) == Counter(facts)


@given(FACTS, st.integers(0, 99))
def test_the_halves_are_equal_up_to_one_entity(facts, seed):
    split = by_entity(facts, seed)
    explore, confirm = ({f.entity for f in side} for side in (split.explore, split.confirm))
    assert len(explore) - len(confirm) in (0, 1)


@given(st.permutations([fact(f"e{i}", "abcd"[i % 4]) for i in range(24)]), st.integers(0, 99))
def test_answers_are_balanced_and_the_order_of_entities_within_an_answer_does_not_matter(facts, seed):
    split = by_entity(facts, seed)
    for answer in "abcd":
        sides = [sum(f.answer == answer for f in side) for side in (split.explore, split.confirm)]
        assert sides == [3, 3]


def test_only_the_seed_decides():
    facts = [fact(f"e{i}", "abcd"[i % 4]) for i in range(24)]
    assert by_entity(facts, 1) == by_entity(facts, 1)
    assert by_entity(facts, 1) != by_entity(facts, 2)


def test_answers_with_an_odd_number_do_not_all_fall_to_one_side():
    facts = [fact(f"e{i}", str(i)) for i in range(10)]
    assert len(by_entity(facts, 0).explore) == 5
