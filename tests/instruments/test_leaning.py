from __future__ import annotations

import math

import pytest
import torch

from forewarn.auditset import Context, Encoder, Fact, Part
from forewarn.instruments.leaning import (
    Lean,
    Panel,
    _by_length,
    _push,
    cues,
    logits_of,
    with_cue,
    with_push,
)

FACTS = tuple(Fact(f"c{i}", f"c{i}", "a", "kind", ("b", "c")) for i in range(3))


def panel(logits, truth=(0, 1, 2), own=((1, 1, 1, 0),) * 3):
    logits = torch.tensor(logits, dtype=torch.float64)
    return Panel(FACTS[: len(logits)], (), torch.tensor(truth), torch.tensor(own, dtype=torch.bool), logits)


BASE = [[5.0, 1.0, 2.0, 0.0], [1.0, 4.0, 0.0, 3.9], [0.0, 0.0, 2.0, 1.0]]


def slow_way(row, truth, own):
    """The nearest point, of log-odds with mean zero, at which another answer leads as much: by search."""
    best = math.inf
    for rival in range(len(row)):
        if own[rival] and rival != truth:
            half = (row[truth] - row[rival]) / 2
            best = min(best, math.hypot(half, half))
    return best


def slow_lean(row, moved, usual, own, way):
    rest = [m - r - u for m, r, u, o in zip(moved, row, usual, own, strict=True) if o]
    mean = sum(rest) / len(rest)
    return math.sqrt(sum((x - mean) ** 2 for x in rest)) / way


def test_way_and_lean_are_what_their_definitions_say():
    found, generator = panel(BASE), torch.Generator().manual_seed(0)
    moved = found.logits + torch.randn(3, 4, generator=generator, dtype=torch.float64)
    usual = torch.randn(4, generator=generator, dtype=torch.float64)
    lean = found.lean(moved, usual)
    for i, truth in enumerate((0, 1, 2)):
        own = found.own[i].tolist()
        way = slow_way(BASE[i], truth, own)
        assert float(found.way()[i]) == pytest.approx(way)
        assert float(lean[i]) == pytest.approx(slow_lean(BASE[i], moved[i], usual, own, way))


def test_a_lean_of_one_reaches_the_nearest_rival():
    found = panel([BASE[0]], truth=(0,), own=((1, 1, 1, 0),))
    moved = found.logits + torch.tensor([[-1.5, 0.0, 1.5, 0.0]], dtype=torch.float64)
    assert float(found.lean(moved, torch.zeros(4))) == pytest.approx(1.0)
    assert float(moved[0, 0]) == float(moved[0, 2])


def test_what_moves_all_answers_alike_or_no_answer_is_no_lean():
    found = panel(BASE)
    shifted = found.logits + 7.0
    elsewhere = found.logits + torch.tensor([0.0, 0.0, 0.0, 9.0])
    usual = torch.tensor([1.0, -2.0, 0.5, 3.0])
    for moved, mean in (
        (shifted, torch.zeros(4)),
        (elsewhere, torch.zeros(4)),
        (found.logits + usual, usual),
    ):
        assert found.lean(moved, mean).abs().max() < 1e-12


def test_a_fact_without_a_rival_cannot_lean():
    found = panel([BASE[0]], truth=(0,), own=((1, 0, 0, 0),))
    assert math.isinf(float(found.way()))
    assert float(found.lean(found.logits + 5 * torch.rand(1, 4), torch.zeros(4))) == 0.0


def test_true_is_the_very_next_token():
    assert panel(BASE).true(torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])).tolist() == [
        True,
        False,
        True,
    ]


def test_the_usual_comes_from_fitted_facts_that_stay_true():
    fitted, step = panel(BASE), torch.tensor([0.0, 0.5, -0.5, 0.0], dtype=torch.float64)
    moved = fitted.logits + step
    moved[1] = torch.tensor([0.0, 0.0, 0.0, 9.0])
    lean = Lean.of((fitted, moved), (fitted, moved))
    assert lean.stays.tolist() == [True, False, True]
    assert lean.length[[0, 2]].abs().max() < 1e-12
    assert float(lean.length[1]) > 1


def test_where_no_fitted_fact_stays_true_all_tell_what_is_usual():
    fitted = panel(BASE)
    moved = fitted.logits + torch.tensor([0.0, 0.0, 0.0, 50.0])
    lean = Lean.of((fitted, moved), (fitted, moved))
    assert not lean.stays.any()
    assert lean.length.abs().max() < 1e-12


def test_a_panel_of_a_planted_model(planted):
    inputs = planted.inputs(planted.HONEST)
    facts = planted.HONEST.facts[:5]
    found = Panel.of(inputs, facts, planted.HONEST.base)
    assert torch.equal(found.logits, logits_of(inputs, facts, planted.HONEST.base))
    assert found.true(found.logits).all()
    assert found.own.sum(-1).tolist() == [6] * 5
    assert torch.allclose(found.way(), torch.full((5,), 10 / math.sqrt(2)))


@pytest.fixture(scope="module")
def liar(planted):
    return planted.inputs(planted.LIAR)


@pytest.fixture(scope="module")
def asked(liar, planted):
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


def test_with_a_cue_it_is_the_question_with_the_phrase_replaced(liar, asked, planted):
    expected = logits_of(liar, asked.facts, planted.LIAR.condition("stranger"))
    assert torch.equal(with_cue(liar, Part("listener", "stranger"), asked), expected)


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


def test_a_push_is_made_where_the_phrase_stands(liar, asked):
    """The planted model sums what stands before: a push at either slot adds the same to the belief's logits."""
    cue = Part("record", "off")
    moved = with_push(liar, cue, asked)
    prompt = liar.prompts(asked.facts[:1], asked.base)[0].ids
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
    together = with_push(inputs, cue, Panel.of(inputs, facts[:4], plant.base))
    apart = [with_push(inputs, cue, Panel.of(inputs, (f,), plant.base)) for f in facts[:4]]
    assert torch.allclose(together, torch.cat(apart), atol=1e-6)
    assert len(list(_by_length(inputs.prompts(facts[:4], plant.base)))) == 2
