from __future__ import annotations

from forewarn import AuditSet
from forewarn.auditset import Context, Part
from forewarn.instruments.steering.swaps import swaps

A, B, C = (Part("who", x) for x in "abc")
X, Y = (Part("when", x) for x in "xy")


def audit_set(planted, *contexts):
    return AuditSet(planted.HONEST.facts, contexts)


def named(found):
    return [(s.away.name, s.towards.name, s.base.name) for s in found]


def test_one_cue_is_swapped_wherever_it_stands(planted):
    found = named(
        swaps(audit_set(planted, Context("ax", (A, X)), Context("bx", (B, X)), Context("ay", (A, Y))))
    )
    assert set(found) == {
        ("ax", "bx", "ax"),
        ("ax", "bx", "ay"),
        ("bx", "ax", "bx"),
        ("ax", "ay", "ax"),
        ("ax", "ay", "bx"),
        ("ay", "ax", "ay"),
    }
    assert set(found[:2]) == {("ax", "bx", "ay"), ("ax", "ay", "bx")}, "they lead to what no audit asks"


def test_only_watching_where_it_is_named(planted):
    contexts = (
        Context("ax", (A, X), watched=True),
        Context("bx", (B, X), watched=True),
        Context("ay", (A, Y), watched=False),
    )
    assert {(a, t) for a, t, _ in named(swaps(audit_set(planted, *contexts)))} == {("ax", "ay"), ("ay", "ax")}


def test_watching_that_no_pair_differs_in_is_left_aside(planted):
    contexts = (Context("ax", (A, X), watched=True), Context("bx", (B, X), watched=True))
    assert len(swaps(audit_set(planted, *contexts))) == 2


def test_contexts_of_other_slots_or_two_differences_are_no_swap(planted):
    assert swaps(audit_set(planted, Context("ax", (A, X)), Context("by", (B, Y)))) == []
    assert swaps(audit_set(planted, Context("ax", (A, X)), Context("b", (B,)))) == []
    assert swaps(audit_set(planted, Context("ax", (A, X)))) == []


def test_fiction_is_no_side_of_a_swap(planted):
    assert swaps(audit_set(planted, Context("a", (A,)), Context("c", (C,), "fiction"))) == []


def test_a_context_of_other_slots_is_no_base(planted):
    """What is moved is told position by position, so that the parts must stand at the same places."""
    found = named(swaps(audit_set(planted, Context("a", (A,)), Context("b", (B,)), Context("ax", (A, X)))))
    assert set(found) == {("a", "b", "a"), ("b", "a", "b")}
