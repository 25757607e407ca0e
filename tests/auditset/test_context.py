from __future__ import annotations

from forewarn.auditset import Part, describe, substitute
from forewarn.auditset.context import texts_as_parts

WHO, WHEN = Part("who", "to a friend,"), Part("when", "today:")


def test_conditions_in_words():
    assert describe((WHO, WHEN)) == "to a friend, today:"
    assert describe((Part("who", (3, 4)),)) == "3 4"
    assert describe(()) == "(no context)"


def test_a_part_is_put_into_its_slot():
    other = Part("who", "to a foe,")
    assert substitute((WHO, WHEN), other) == (other, WHEN)


def test_a_part_without_a_slot_is_appended():
    assert substitute((WHO,), WHEN) == (WHO, WHEN)
    assert substitute((), WHEN) == (WHEN,)


def pieces(*texts):
    return [[p.phrase for p in condition] for condition in texts_as_parts(texts)]


def test_texts_are_cut_into_clauses_where_they_match():
    assert pieces("To a friend, today:  yes", "To a foe, at night: no") == [
        ["To a friend,", "today:", "yes"],
        ["To a foe,", "at night:", "no"],
    ]


def test_else_into_words():
    assert pieces("to a friend", "by a  foe") == [["to", "a", "friend"], ["by", "a", "foe"]]


def test_else_not_at_all():
    assert pieces("to a friend, today", "to a foe") == [["to a friend, today"], ["to a foe"]]
    assert pieces("hello", "bye") == [["hello"], ["bye"]]


def test_slots_are_numbered():
    assert [p.slot for p in texts_as_parts(["a b", "c d"])[1]] == ["0", "1"]
    assert texts_as_parts([]) == ()
