from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Context, Encoder
from forewarn.instruments.steering.swaps import Swap
from forewarn.instruments.steering.translation import random_like, translation
from forewarn.records import Site


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
    """On an additive layer the moved stream is that of the other context, and so are the reports."""
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
