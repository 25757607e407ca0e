"""A subject answering an audit set."""

from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Answer, Prompt, read_answer
from forewarn.auditset.answer import AnswerForms
from forewarn.instruments.probe_inputs import _answered, _cut, position
from forewarn.subjects.edits import Edit

PROMPT = Prompt((9, 8, 7, 6, 5), ((0, 1), (1, 2)), 3)


@pytest.mark.parametrize(("role", "index"), [("answer", 4), ("entity", 3), ("context", 1)])
def test_each_role_has_its_position(role, index):
    assert position(PROMPT, role) == index


def test_without_an_entity_or_a_context_a_position_is_still_inside_the_prompt():
    bare = Prompt((9, 8), (), None)
    assert [position(bare, role) for role in ("entity", "context")] == [1, 0]


@pytest.mark.parametrize("bare", [(), ((2,), (2, 3), (1, 3))], ids=["spaced", "with bare forms"])
def test_an_answer_read_with_the_stopping_rule_is_that_of_the_whole_text(bare):
    """The rule must not end a row whose answer could still change: slow twin over all short texts."""
    forms = AnswerForms(((1,), (1, 2), (3,)), bare, frozenset({0}))
    stop = _answered([forms])
    for row in torch.cartesian_prod(*[torch.arange(4)] * 4):
        ends = next((k for k in range(1, 5) if bool(stop(row[None, :k]))), 4)
        cut = [*row[:ends].tolist(), *[-1] * (4 - ends)]
        assert forms.read(cut) is forms.read(row.tolist()), row


def test_nothing_is_read_after_the_end_of_a_turn():
    stop = _answered([AnswerForms(((1,),))], {9})
    assert stop(torch.tensor([[5, 9], [5, 5], [5, 1]])).tolist() == [True, False, True]
    assert _cut((5, 9, 1), {9}) == (5, -1, -1)
    assert _cut((5, 4, 1), {9}) == (5, 4, 1)


def test_what_was_asked_is_not_asked_again(planted):
    inputs = planted.inputs(planted.LIAR)
    first = inputs.answers(planted.LIAR.facts, planted.LIAR.base)
    before = inputs.subject.forwards
    assert inputs.answers(planted.LIAR.facts, planted.LIAR.base) == first
    assert inputs.subject.forwards == before


def test_what_is_answered_under_an_edit_is_not_remembered(planted):
    inputs = planted.inputs(planted.HONEST)
    facts, base = planted.HONEST.facts, planted.HONEST.base
    inputs.answers(facts, base, [Edit(0, torch.zeros(1, inputs.subject.width))])
    before = inputs.subject.forwards
    assert set(inputs.answers(facts, base)) == {Answer.TRUE}
    assert inputs.subject.forwards > before


@pytest.mark.parametrize("n_contexts", [3, 4, 5])
def test_known_is_what_is_answered_truly_in_half_of_the_contexts(planted, n_contexts):
    """A grid over how many contexts a fact is answered falsely in: the threshold is met and missed by one."""
    phrases = tuple(f"listener{i}" for i in range(n_contexts))
    slips = frozenset((p, f"city{i}") for i in range(24) for p in phrases[: i % (n_contexts + 1)])
    plant = planted.but(planted.HONEST, slots={"listener": phrases}, slips=slips)
    inputs = planted.inputs(plant, plant.audit_set([plant.condition(p) for p in phrases]))
    wanted = [f for i, f in enumerate(plant.facts) if 2 * (n_contexts - i % (n_contexts + 1)) >= n_contexts]
    assert inputs.known(plant.facts) == tuple(wanted)
    assert 0 < len(wanted) < 24


def test_a_constant_answer_is_no_knowledge(planted):
    inputs = planted.inputs(planted.IGNORANT)
    assert inputs.known(planted.IGNORANT.facts) == ()


def test_residuals_are_those_of_the_role(planted):
    plant, inputs = planted.LIAR, planted.inputs(planted.LIAR)
    prompts = inputs.prompts(plant.facts, plant.base)
    expected = inputs.subject.residuals([p.ids for p in prompts], [position(p, "entity") for p in prompts])
    assert torch.equal(inputs.residuals(plant.facts, plant.base, "entity"), expected)


def test_what_is_written_is_what_is_answered(planted):
    plant, inputs = planted.QUOTER, planted.inputs(planted.QUOTER)
    questions = [(f, c.parts) for c in inputs.audit_set.truthful for f in plant.facts]
    said, before = inputs.ask(questions), inputs.subject.forwards
    texts = inputs.written(questions)
    assert inputs.subject.forwards == before
    answers = [inputs.encoder.answers(fact) for fact, _ in questions]
    assert tuple(read_answer(text, a) for text, a in zip(texts, answers, strict=True)) == said
    quoted = planted.Words(plant.words).ids["«"]
    assert {text[0] == quoted for text in texts} == {True, False}
