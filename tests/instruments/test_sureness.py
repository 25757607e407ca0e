from __future__ import annotations

import pytest
import torch

from forewarn.auditset.answer import AnswerForms
from forewarn.auditset.encoding import LEAD_IN
from forewarn.instruments.sureness import _up_to_answer, sureness


def slowly(inputs, fact, condition):
    """From the definition: one token after another, up to the answer that the model writes."""
    answers = inputs.encoder.answers(fact)
    ids, least = list(inputs.encoder.prompt(fact, condition).ids), 1.0
    for _ in range(LEAD_IN + 1):
        chances = inputs.subject.logits([ids])[0].double().softmax(-1)
        token = int(chances.argmax())
        least = min(least, float(chances[token]))
        ids.append(token)
        if (token,) in answers:
            break
    return least


@pytest.mark.parametrize("changes", [{}, {"mute": True}, {"timid": True}, {"quotes": "stranger"}])
@pytest.mark.parametrize("phrases", [(), ("stranger",), ("stranger", "off")])
def test_it_is_the_least_probability_of_a_token_that_is_written(planted, changes, phrases):
    plant = planted.but(planted.LIAR, **changes)
    inputs, condition = planted.inputs(plant, double=True), plant.condition(*phrases)
    facts = plant.facts[:3]
    found = sureness(inputs, [(f, condition) for f in facts])
    slow = torch.tensor([slowly(inputs, f, condition) for f in facts], dtype=torch.double)
    assert torch.allclose(found.double(), slow)


def test_questions_under_different_conditions_keep_their_order(planted):
    plant = planted.but(planted.LIAR, timid=True)
    inputs = planted.inputs(plant)
    sure, unsure = plant.base, plant.condition("stranger", "off")
    questions = [(plant.facts[0], unsure), (plant.facts[1], sure), (plant.facts[2], unsure)]
    found = sureness(inputs, questions)
    assert (found >= 0.5).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ((9, 1, 5), (9, 1)),
        ((1, 2, 5), (1, 2)),
        ((2, 1), (2, 1)),
        ((7, 8, 9), (7, 8, 9)),
        ((7, -1, -1), (7,)),
        ((3, 4, 1), (3, 4, 1)),
    ],
    ids=["after a quotation mark", "the longest of two", "the only one", "no answer", "ended", "later"],
)
def test_what_is_up_to_answer_ends_with_the_earliest_answer(written, answered):
    assert _up_to_answer(written, AnswerForms(((1,), (1, 2), (2, 1)))) == answered
