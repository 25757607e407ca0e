from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Part
from forewarn.instruments.search.turning import Contrast
from forewarn.instruments.steering.by_position import states_at
from forewarn.instruments.steering.levelling import Levelling
from forewarn.records import StreamSite

SITES = ["1", "2", "3"]


@pytest.fixture
def inputs(planted):
    return planted.inputs(planted.LIAR, double=True)


@pytest.fixture
def contrast(planted):
    return Contrast(planted.LIAR.condition("stranger"), planted.LIAR.condition("stranger", "off"))


def levelled(inputs, levelling, facts):
    """States at the levelled site, free, with the directions out, and pushed."""
    for group, out, push in levelling.edits(inputs, facts):
        ids = [p.ids for p in inputs.prompts(group, levelling.contrast.condition)]
        free = states_at(inputs, levelling.site, inputs.prompts(group, levelling.contrast.condition))
        changed = (inputs.subject.states(ids, [levelling.site], [e])[0] for e in (out, push))
        yield (torch.cat(free), *changed)


@pytest.mark.parametrize("text", SITES)
def test_the_component_along_the_direction_is_that_of_the_base(inputs, contrast, text):
    """And nothing else is changed: the edit is a projection, whatever the state."""
    facts, site = inputs.audit_set.facts, StreamSite.parse(text)
    levelling = Levelling.of(inputs, site, facts[:6], contrast)
    prompt = inputs.prompts(facts[:1], contrast.condition)[0]
    directions = levelling.directions.at(prompt, contrast.condition).repeat(len(facts), 1)
    level = levelling.base.at(prompt, contrast.condition).repeat(len(facts), 1)
    [(free, out, _)] = levelled(inputs, levelling, facts)
    assert torch.allclose((out * directions).sum(-1), (level * directions).sum(-1), atol=1e-6)
    across = out - free - ((out - free) * directions).sum(-1, keepdim=True) * directions
    assert across.abs().max() < 1e-6


@pytest.mark.parametrize("text", SITES)
def test_random_pushes_are_as_far(inputs, contrast, text):
    levelling = Levelling.of(inputs, StreamSite.parse(text), inputs.audit_set.facts[:6], contrast)
    [(free, out, push)] = levelled(inputs, levelling, inputs.audit_set.facts)
    assert torch.allclose((out - free).norm(dim=-1), (push - free).norm(dim=-1), atol=1e-5)
    assert not torch.allclose(out, push)


def test_directions_are_of_unit_length_or_none(inputs, contrast):
    """At the embedding only the phrase that was replaced differs."""
    levelling = Levelling.of(inputs, StreamSite(0), inputs.audit_set.facts[:6], contrast)
    lengths = {slot: rows.norm(dim=-1) for slot, rows in levelling.directions.parts.items()}
    assert torch.allclose(lengths["record"], torch.ones(1).double())
    assert not lengths["listener"].any()
    assert not levelling.directions.question.any()


def test_of_a_condition_that_is_its_base_nothing_is_taken(inputs, contrast):
    same = Contrast(contrast.base, contrast.base)
    levelling = Levelling.of(inputs, StreamSite(2), inputs.audit_set.facts[:6], same)
    for _, out, push in levelling.edits(inputs, inputs.audit_set.facts):
        assert not out.delta.any()
        assert not push.delta.any()


def test_a_phrase_in_a_slot_that_the_base_has_not_is_left_alone(inputs, contrast):
    longer = Contrast(contrast.base[:1], contrast.base)
    levelling = Levelling.of(inputs, StreamSite(1), inputs.audit_set.facts[:6], longer)
    [(_, out, _)] = levelling.edits(inputs, inputs.audit_set.facts)
    assert Part("record", "on") in contrast.base
    assert not out.delta[:, 1].any()
    assert out.delta[:, -1].any()


def test_every_fact_is_edited_once_and_no_random_state_moves(inputs, contrast):
    before = torch.get_rng_state()
    levelling = Levelling.of(inputs, StreamSite(3), inputs.audit_set.facts[:6], contrast)
    facts = [f for group, *_ in levelling.edits(inputs, inputs.audit_set.facts) for f in group]
    assert sorted(f.key for f in facts) == sorted(f.key for f in inputs.audit_set.facts)
    assert torch.equal(torch.get_rng_state(), before)
