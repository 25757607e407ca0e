from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Part
from forewarn.instruments.search.moves import Move, pairs, singles
from forewarn.instruments.search.scores import Scout, displacement, interaction
from forewarn.subjects.edits import Edit

STEP = 1e-4


@pytest.fixture
def scout(planted):
    """In double precision, so that differences can be taken."""
    inputs = planted.inputs(planted.LIAR, double=True)
    return Scout(inputs, 3, planted.LIAR.facts[:6])


def surprise(scout, condition, edits):
    """Mean -log p(truth), from the logits."""
    inputs = scout.inputs
    prompts = [p.ids for p in inputs.prompts(scout.facts, condition)]
    log_p = inputs.subject.logits(prompts, edits).double().log_softmax(-1)
    targets = inputs.first_tokens(scout.facts)
    return -float(log_p[range(len(targets)), targets].mean())


def difference(scout, condition, delta, layer):
    """Central difference of -log p(truth) along a direction added at a layer."""
    ends = [surprise(scout, condition, [Edit(layer, delta * s)]) for s in (STEP, -STEP)]
    return (ends[0] - ends[1]) / (2 * STEP)


@pytest.mark.parametrize(
    ("base", "phrase"), [((), "stranger"), (("off",), "stranger"), (("stranger",), "off")]
)
def test_the_slope_is_the_derivative_along_the_exchange(scout, planted, base, phrase):
    plant, inputs = planted.LIAR, scout.inputs
    condition = plant.condition(*base)
    place = next(i for i, p in enumerate(condition) if phrase in plant.slots[p.slot])
    prompt = inputs.prompts(scout.facts[:1], condition)[0]
    new = inputs.encoder.piece(phrase, first=False)
    start, _ = prompt.spans[place]
    delta = torch.zeros(len(prompt.ids), inputs.subject.width, dtype=torch.float64)
    exchange = inputs.subject.embedding_of(new) - inputs.subject.embedding_of(prompt.ids[start : start + 1])
    delta[start] = exchange[0]
    measured = difference(scout, condition, delta, 0)
    slope = scout.slope(condition, Part(condition[place].slot, phrase))
    assert slope == pytest.approx(measured, rel=1e-3)
    assert abs(slope) > 1e-6


def test_a_slope_needs_a_slot_and_as_many_tokens(scout, planted):
    base = planted.LIAR.base
    assert scout.slope(base, Part("elsewhere", "stranger")) == 0.0
    assert scout.slope(base, Part("listener", "stranger off")) == 0.0


def test_a_pull_is_the_gradient_at_the_answer(scout, planted):
    condition = planted.LIAR.condition("stranger")
    pull = scout.pull(condition)
    length = len(scout.inputs.prompts(scout.facts[:1], condition)[0].ids)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        direction = torch.randn(len(pull), generator=generator, dtype=torch.float64)
        delta = torch.zeros(length, len(pull), dtype=torch.float64)
        delta[-1] = direction
        assert float(pull @ direction) == pytest.approx(difference(scout, condition, delta, 3), rel=1e-3)


def test_a_shift_is_the_mean_movement(scout, planted):
    plant = planted.LIAR
    move = Move(plant.base, (Part("listener", "stranger"),))
    states = [scout.inputs.residuals(scout.facts, c)[3] for c in (move.condition, plant.base)]
    rows = [a - b for a, b in zip(*states, strict=True)]
    assert torch.allclose(scout.shift(move), sum(rows) / len(rows))


def test_interaction_is_what_one_edit_takes_after_the_other(scout, planted):
    base = planted.LIAR.base
    a, b = Move(base, (Part("listener", "stranger"),)), Move(base, (Part("record", "off"),))
    slow = sum(
        float(scout.pull(first.condition) @ (scout._state(second.condition) - scout._state(base)))
        for first, second in ((a, b), (b, a))
    )
    assert interaction(scout, a, b) == pytest.approx(slow)
    assert interaction(scout, a, b) == interaction(scout, b, a)


def test_interaction_ranks_a_pair_first_neither_half_of_which_changes_an_answer(large, many):
    scout = Scout(large, 3, many.facts[:6])
    loud = [m for m in singles(large.audit_set) if m.edits[0].phrase in many.loud]
    found = sorted(pairs(loud), key=lambda p: -interaction(scout, *p))
    assert len(found) == 9
    assert {m.edits[0].phrase for m in found[0]} == set(many.cues)
    assert interaction(scout, *found[0]) > 2 * abs(interaction(scout, *found[1]))


def test_displacement_shows_half_of_a_conjunction(large, many):
    moves = list(singles(large.audit_set))
    moved = displacement(Scout(large, 3, many.facts[:6]), moves)
    loud = {m.edits[0].phrase for m in moves if moved[m] > 1.5}
    assert loud == set(many.loud)
    assert sorted(moved.values())[len(moved) // 2] == pytest.approx(1.0)


def test_displacement_of_nothing(scout):
    assert displacement(scout, []) == {}


def test_states_and_gradients_are_read_once(scout, planted):
    move = Move(planted.LIAR.base, (Part("listener", "stranger"),))
    scout.shift(move), scout.pull(move.condition), scout.slope(move.base, move.edits[0])
    before = scout.inputs.subject.forwards
    scout.shift(move), scout.pull(move.condition), scout.slope(move.base, move.edits[0])
    assert scout.inputs.subject.forwards == before
