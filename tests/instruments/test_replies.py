from __future__ import annotations

from forewarn.auditset import Answer
from forewarn.instruments.replies import Replies


def test_what_was_asked_says_what_the_inputs_answer(planted):
    inputs, plant = planted.inputs(planted.LIAR), planted.LIAR
    lying, honest = plant.condition("stranger", "off"), plant.base
    questions = [(fact, condition) for fact in plant.facts[:3] for condition in (lying, honest)]
    found = Replies.asked(inputs, questions)
    assert found.are(Answer.FALSE) == (True, False) * 3
    assert found.are(Answer.TRUE) == (False, True) * 3
    assert tuple(text for text, _ in found.written) == inputs.written(questions)


def test_groups_are_put_together_in_the_order_of_the_facts(planted):
    facts, condition = planted.LIAR.facts[:3], planted.LIAR.base
    by_key = {fact.key: ((i,), Answer.TRUE) for i, fact in enumerate(facts)}
    found = Replies.gathered(facts[::-1], condition, by_key, "pushed")
    assert [text for text, _ in found.written] == [(2,), (1,), (0,)]
    assert (found.conditions, found.inside) == ((condition,) * 3, "pushed")
