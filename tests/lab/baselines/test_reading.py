from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Context
from forewarn.lab.baselines.reading import at_depth, at_ends, audited, questions, spoken


@pytest.mark.parametrize(
    ("n_layers", "share", "layer"), [(1, 0.25, 1), (3, 0.5, 2), (4, 0.25, 1), (4, 0.75, 3), (3, 1.0, 3)]
)
def test_depths_are_blocks(n_layers, share, layer):
    assert at_depth(n_layers, share) == layer


def test_only_contexts_that_license_truth_are_read(planted):
    plant = planted.HONEST
    fiction = Context("tale", plant.condition("stranger", "off"), "fiction")
    inputs = planted.inputs(plant, plant.audit_set(extra=[fiction]))
    asked = questions(inputs, plant.facts)
    assert len(asked) == 3 * len(plant.facts)
    assert fiction.parts not in {condition for _, condition in asked}


@pytest.mark.parametrize("role", ["answer", "entity"])
def test_audited_states_are_those_of_the_questions(planted, role):
    inputs = planted.inputs(planted.HONEST)
    contexts = inputs.audit_set.truthful
    slow = torch.cat([inputs.residuals(planted.HONEST.facts, c.parts, role)[2] for c in contexts])
    assert torch.equal(audited(inputs, 2, role), slow.double())


def test_the_models_own_answer_is_read_behind_its_quotation_mark(planted):
    plant = planted.QUOTER
    inputs = planted.inputs(plant)
    words, prompts = planted.Words(plant.words).ids, []
    for fact, condition in questions(inputs, plant.facts):
        quoted = ["«"] if any(part.phrase == "stranger" for part in condition) else []
        prompts.append(
            (*inputs.encoder.prompt(fact, condition).ids, *(words[w] for w in [*quoted, fact.answer]))
        )
    assert torch.equal(spoken(inputs, 4), at_ends(inputs, prompts, (4,))[0])


def test_a_model_that_writes_no_answer_has_no_states(case):
    now, _ = case("gpt2")
    said = [answer for answer in now.ask(questions(now, now.audit_set.facts)) if answer != "other"]
    assert spoken(now, 1).shape == (len(said), now.subject.width)
    assert at_ends(now, [], (0, 1)).shape == (2, 0, now.subject.width)
