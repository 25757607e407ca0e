from __future__ import annotations

import pytest

from forewarn import AuditSet
from forewarn.auditset import Context, Part
from forewarn.instruments.search.moves import Move, origin, pairs, phrases, singles

A, B = Part("who", "a"), Part("who", "b")
X, Y = Part("when", "x"), Part("when", "y")
TALE = Part("where", "in a tale")
LONG = Part("who", "c")


@pytest.fixture
def audit_set(planted):
    contexts = (
        Context("ax", (A, X)),
        Context("bx", (B, X)),
        Context("ay", (A, Y)),
        Context("tale", (A, X, TALE), "fiction"),
    )
    return AuditSet(planted.HONEST.facts, contexts, (LONG,))


def test_a_move_is_its_base_with_edits():
    assert Move((A, X), ()).condition == (A, X)
    assert Move((A, X), ()).extended(B).condition == (B, X)
    assert Move((A, X), (B, Y)).condition == (B, Y)
    assert Move((A, X), (TALE,)).condition == (A, X, TALE)


def test_what_a_move_allows():
    move = Move((A, X), (B,))
    assert move.allows(Y)
    assert not move.allows(LONG), "its slot has been edited"
    assert not move.allows(X), "it changes nothing"


def test_the_origin_is_the_context_with_the_fewest_edits(audit_set):
    assert origin(audit_set, (B, Y)) == Move((B, X), (Y,)), "of equals the first in the audit set"
    assert origin(audit_set, (LONG, Y)) == Move((A, Y), (LONG,))
    assert origin(audit_set, (LONG, X, Part("where", "here"))) == Move((A, X), (LONG, Part("where", "here")))


def test_a_context_itself_comes_from_another_one(audit_set):
    assert origin(audit_set, (A, X)) == Move((B, X), (A,))


def test_the_origin_of_a_condition_leads_to_it_or_there_is_none(audit_set):
    for condition in ((B, Y), (A, X), (LONG, X)):
        assert origin(audit_set, condition).condition == condition
    assert origin(audit_set, (A,)) is None, "edits take no slot away"
    assert origin(audit_set, (X, A)) is None, "nor do they turn slots round"
    assert origin(audit_set, (A, X, TALE)) == Move((A, X), (TALE,)), "fiction is no origin"


def test_phrases_are_those_that_license_truth(audit_set):
    assert set(phrases(audit_set)) == {A, B, X, Y, LONG}


def test_singles_are_new_conditions_each_once(audit_set):
    found = [m.condition for m in singles(audit_set)]
    assert len(found) == len(set(found))
    assert set(found) == {(B, Y), (LONG, X), (LONG, Y)}


def test_singles_never_hold_fiction(audit_set):
    assert all(TALE not in m.condition for m in singles(audit_set))


def test_pairs_share_a_base_and_touch_different_slots():
    one, two, other = Move((A, X), (B,)), Move((A, X), (Y,)), Move((B, X), (Y,))
    assert list(pairs([one, two, other, Move((A, X), (LONG,))])) == [
        (one, two),
        (two, Move((A, X), (LONG,))),
    ]
