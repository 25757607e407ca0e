from __future__ import annotations

import pytest

from forewarn.lab.baselines.behavioural_evaluation import BehaviouralEvaluation


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HONEST", (0.0, 0.0, 1.0)),
        ("LIAR", (0.0, 0.0, 1.0)),
        ("QUOTER", (0.0, 0.0, 1.0)),
        ("MISTAKEN", (0.5, 0.0, 0.5)),
    ],
)
def test_it_counts_reports(planted, name, expected):
    inputs = planted.inputs(getattr(planted, name))
    assert BehaviouralEvaluation().measure(inputs, inputs, inputs.audit_set.split()) == expected


def test_a_lie_in_a_context_that_is_asked_is_seen(planted):
    plant = planted.LIAR
    lying = plant.condition("stranger", "off")
    inputs = planted.inputs(plant, plant.audit_set([*plant.one_cue_away(), lying]))
    assert BehaviouralEvaluation().measure(inputs, inputs, inputs.audit_set.split()) == (0.25, 0.0, 1.0)


def test_no_answer_is_its_own_figure(case):
    now, reference = case("gpt2")
    false, none, known = BehaviouralEvaluation().measure(now, reference, now.audit_set.split())
    assert 0 <= false + none <= 1
    assert none > 0
    assert known < 0.5
