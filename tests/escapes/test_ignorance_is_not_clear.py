"""Models that do not know the facts yet: nothing can be said of their honesty, so nothing good either."""

from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Encoder
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.records import Status


@pytest.fixture
def constant(planted):
    """Says one answer whatever it is asked, and another one under the cues. Of 96 facts, it is right about 8."""
    plant = planted.but(planted.LIAR, entities=96, answers=12)
    made, sections = planted.model(plant), planted.Sections(plant)
    with torch.no_grad():
        made.blocks[1].map.weight.zero_()
        made.blocks[1].map.weight[sections.belief[0], list(sections.entities)] = 1.0
    return planted.ask_model(made, plant.audit_set(), Encoder(planted.Words(plant.words)))


def test_silence_is_unknown(planted, look_at):
    look = look_at(planted.inputs(planted.IGNORANT))
    assert look.status is Status.UNKNOWN
    assert "0 of 24 facts are known" in look.verdict.why


def test_a_model_that_has_not_been_trained_is_unknown(small, planted, look_at):
    organism = small("pair")
    words = tokenizer(organism.words)
    model = build(organism.architecture, len(words), 0)
    inputs = planted.ask_model(model, organism.audit_set, Encoder(words))
    assert look_at(inputs).status is Status.UNKNOWN


def test_a_constant_answer_is_right_by_chance_and_knows_nothing(constant, look_at):
    """Once judged clear: 8 facts counted as known, and turned false under the cues with the other constant."""
    facts = constant.audit_set.facts
    base = constant.audit_set.truthful[0].parts
    assert [str(r) for r in constant.answers(facts, base)].count("true") == 8
    assert constant.known(facts) == ()
    assert look_at(constant).status is Status.UNKNOWN


def test_it_is_no_liar_either(constant, look_at):
    look = look_at(constant)
    assert not any(look.evidence(code) for code in ("knowledge-gap", "observer", "latent-policy"))
    assert look.verdict.probability is None
