from __future__ import annotations

import pytest
import torch

from forewarn import AuditSet
from forewarn.auditset import Context, Encoder, Part
from forewarn.instruments.steering.translation import Swap, random_like, swaps, translation
from forewarn.records import Site

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


@pytest.fixture
def swap(planted):
    plant = planted.LIAR
    away, towards, base = (plant.condition(*p) for p in ((), ("stranger",), ("off",)))
    return Swap(Context("away", away), Context("towards", towards), Context("base", base))


@pytest.fixture
def inputs(planted):
    return planted.inputs(planted.LIAR)


def at(inputs, swap, layer, n=6):
    return translation(inputs, Site(layer, layer / 4), swap, inputs.audit_set.facts[:n])


def blocks(move):
    return [*move.rows.parts.values(), move.rows.question]


def test_at_the_embedding_only_the_cue_moves(inputs, swap, planted):
    move = at(inputs, swap, 0)
    encoder: Encoder = inputs.encoder
    new, old = (inputs.subject.embedding_of(encoder.piece(w, first=True)) for w in ("stranger", "colleague"))
    assert torch.allclose(move.rows.parts["listener"], new - old)
    assert not move.rows.parts["record"].any()
    assert not move.rows.question.any()


def test_it_is_the_mean_difference_position_by_position(inputs, swap):
    facts, move = inputs.audit_set.facts[:6], at(inputs, swap, 2)
    streams = [
        inputs.subject.streams([p.ids for p in inputs.prompts(facts, c.parts)], 2)
        for c in (swap.towards, swap.away)
    ]
    slow = torch.stack([t - a for t, a in zip(*streams, strict=True)]).mean(0)
    assert torch.allclose(torch.cat(blocks(move)), slow, atol=1e-6)


def test_added_to_its_own_context_it_gives_the_other(inputs, swap, planted):
    """On an additive layer the moved stream is that of the other context, and so are the answers."""
    facts, move = inputs.audit_set.facts[:6], at(inputs, swap, 0)
    for edit, group in move.edits(inputs, facts):
        base = [p.ids for p in inputs.prompts(group, swap.base.parts)]
        both = [p.ids for p in inputs.prompts(group, planted.LIAR.condition("stranger", "off"))]
        assert torch.allclose(
            inputs.subject.residuals(base, edits=[edit]), inputs.subject.residuals(both), atol=1e-5
        )


def test_edits_cover_every_fact_once_whatever_the_length(inputs, swap):
    facts = inputs.audit_set.facts
    groups = [group for _, group in at(inputs, swap, 0).edits(inputs, facts)]
    assert sorted(f.key for group in groups for f in group) == sorted(f.key for f in facts)


def test_random_directions_are_as_long_and_point_elsewhere(inputs, swap):
    move = at(inputs, swap, 2)
    null = random_like(move)
    for rows, redrawn in zip(blocks(move), blocks(null), strict=True):
        assert torch.allclose(rows.norm(dim=-1), redrawn.norm(dim=-1), atol=1e-5)
        lengths = rows.norm(dim=-1) * redrawn.norm(dim=-1)
        cosine = (rows * redrawn).sum(-1)[lengths > 0] / lengths[lengths > 0]
        assert (cosine.abs() < 0.4).all()


def test_random_directions_are_always_the_same_and_leave_the_random_state(inputs, swap):
    move, before = at(inputs, swap, 2), torch.get_rng_state()
    assert torch.equal(random_like(move).rows.question, random_like(move).rows.question)
    assert torch.equal(torch.get_rng_state(), before)
