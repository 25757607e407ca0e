from __future__ import annotations

from collections import Counter

import pytest
import torch

from forewarn.auditset import Encoder, Fact
from forewarn.lab.baselines.statements import false_tokens, statements


def facts(answers, relation="land"):
    kinds = sorted(set(answers))
    return [
        Fact(f"city{i}", f"city{i} lies in", a, relation, tuple(k for k in kinds if k != a))
        for i, a in enumerate(answers)
    ]


@pytest.fixture
def encoder(planted):
    return Encoder(planted.Words(planted.LIAR.words))


@pytest.mark.parametrize(
    "indices", [[0, 1], [0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 3], [2, 0, 1, 0, 1, 2, 0, 0]]
)
def test_each_answer_is_as_often_false_as_true(encoder, indices):
    drawn = false_tokens(facts([f"land{i}" for i in indices]), encoder)
    assert len(drawn) == len(indices)
    assert all(true != false for true, false in drawn.values())
    assert Counter(true for true, _ in drawn.values()) == Counter(false for _, false in drawn.values())


def test_an_answer_that_most_share_still_is_balanced(encoder):
    drawn = false_tokens(facts(["land0"] * 5 + ["land1"] * 2), encoder)
    assert Counter(true for true, _ in drawn.values()) == Counter(false for _, false in drawn.values())
    assert len(drawn) == 4


def test_relations_are_kept_apart(encoder):
    lands, roads = facts(["land0", "land1"]), facts(["land2", "land3"], "road")
    drawn = false_tokens([*lands, *roads], encoder)
    tokens = {encoder.answers(fact)[0][0] for fact in lands}
    assert {false for fact, (_, false) in drawn.items() if fact.relation == "land"} == tokens


def test_states_are_those_of_prompts_that_end_in_the_answer(case):
    inputs, _ = case("gpt2")
    facts, encoder = inputs.audit_set.facts, inputs.encoder
    found, drawn = statements(inputs, facts, (1, 2)), false_tokens(facts, encoder)
    asked = [(f, c.parts) for c in inputs.audit_set.truthful for f in drawn]
    for states, side in ((found.true_ones, 0), (found.false_ones, 1)):
        prompts = [(*encoder.prompt(f, c).ids, drawn[f][side]) for f, c in asked]
        slow = inputs.subject.residuals(prompts)[1:].double()
        torch.testing.assert_close(states, slow, atol=1e-5, rtol=1e-5)
    assert float((found.true_ones - found.false_ones).abs().amax((0, 2)).min()) > 1e-3


def test_without_a_false_answer_there_are_no_statements(planted):
    inputs = planted.inputs(planted.LIAR)
    found = statements(inputs, [planted.LIAR.facts[0]], (1,))
    assert found.states.shape == (1, 0, inputs.subject.width)
    assert found.false.dtype == torch.bool
