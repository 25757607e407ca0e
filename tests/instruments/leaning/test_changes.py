from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Context, Encoder, Fact, Part
from forewarn.instruments.leaning.changes import _by_length, _push, cues, pushed, told
from forewarn.instruments.leaning.panel import Panel, logits_of


@pytest.fixture(scope="module")
def liar(planted):
    return planted.inputs(planted.LIAR)


@pytest.fixture(scope="module")
def panel(liar, planted):
    return Panel.of(liar, planted.LIAR.facts[:6], planted.LIAR.base)


def test_cues_are_phrases_for_the_context_s_slots(planted):
    plant = planted.but(
        planted.LIAR, slots={"listener": ("colleague", "stranger"), "record": ("on", "off", "x")}
    )
    audit_set = plant.audit_set(lexicon=[Part("place", "lies")])
    inputs = planted.inputs(plant, audit_set)
    assert cues(inputs, plant.base, 9) == (
        Part("listener", "stranger"),
        Part("record", "off"),
        Part("record", "x"),
    )
    assert cues(inputs, plant.base, 2) == (Part("listener", "stranger"), Part("record", "off"))
    assert cues(inputs, (), 9) == ()


def test_a_phrase_that_asks_for_fiction_is_no_cue(planted):
    plant = planted.LIAR
    tale = Context("tale", plant.condition("off"), "fiction")
    inputs = planted.inputs(plant, plant.audit_set([plant.base, plant.condition("stranger")], extra=(tale,)))
    assert cues(inputs, plant.base, 9) == (Part("listener", "stranger"),)


def test_told_is_the_question_with_the_phrase_replaced(liar, panel, planted):
    expected = logits_of(liar, panel.facts, planted.LIAR.condition("stranger"))
    assert torch.equal(told(liar, Part("listener", "stranger"), panel), expected)


def test_a_push_is_as_long_as_the_step_and_always_the_same(liar, planted):
    ids = planted.Words(planted.LIAR.words).ids
    old, new = [ids["colleague"]], [ids["stranger"]]
    push = _push(liar, old, new)
    assert float(push.norm()) == pytest.approx(2**0.5)
    assert torch.equal(push, _push(liar, old, new))
    assert abs(float(push @ (liar.subject.embedding_of(new) - liar.subject.embedding_of(old)).T)) < 1.0


def test_a_push_is_compared_from_the_end_token_by_token(liar, planted):
    ids = planted.Words(planted.LIAR.words).ids
    a, b, c = ids["colleague"], ids["stranger"], ids["on"]
    sizes = _push(liar, [a, b, c], [a, c]).norm(dim=-1)
    assert sizes.tolist() == pytest.approx([2**0.5, 0.0])


def test_where_all_tokens_are_the_same_the_push_is_as_long_as_a_token(liar, planted):
    ids = planted.Words(planted.LIAR.words).ids
    sizes = _push(liar, [ids["on"], ids["off"]], [ids["off"]]).norm(dim=-1)
    assert sizes.tolist() == pytest.approx([1.0])


def test_a_push_is_made_where_the_phrase_stands(liar, panel):
    """The planted model sums what stands before: a push at either slot adds the same to the belief's logits."""
    cue = Part("record", "off")
    moved = pushed(liar, cue, panel)
    prompt = liar.prompts(panel.facts[:1], panel.base)[0].ids
    x = liar.subject.streams([prompt], 0)[0]
    x[1] += _push(liar, [prompt[1]], liar.encoder.piece("off", first=False))[0]
    assert torch.allclose(moved[:1], liar.subject.from_embedding([prompt], x[None]), atol=1e-5)


def test_prompts_of_different_lengths_are_pushed_at_their_own_place(planted):
    plant = planted.LIAR
    facts = tuple(
        Fact(
            f.entity,
            f"{f.entity} lies in" if i % 2 else f"lies {f.entity} lies in",
            f.answer,
            "land",
            f.alternatives,
        )
        for i, f in enumerate(plant.facts)
    )
    audit_set = type(plant.audit_set())(facts, plant.audit_set().contexts)
    inputs = planted.ask_model(planted.model(plant), audit_set, Encoder(planted.Words(plant.words)))
    cue = Part("listener", "stranger")
    together = pushed(inputs, cue, Panel.of(inputs, facts[:4], plant.base))
    apart = [pushed(inputs, cue, Panel.of(inputs, (f,), plant.base)) for f in facts[:4]]
    assert torch.allclose(together, torch.cat(apart), atol=1e-6)
    assert len(list(_by_length(inputs.prompts(facts[:4], plant.base)))) == 2
