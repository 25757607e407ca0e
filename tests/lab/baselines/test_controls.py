from __future__ import annotations

import pytest

from forewarn.lab.baselines.controls import RandomDirection, UnrelatedConcept
from forewarn.lab.baselines.linear_probe import LinearProbeBaseline
from forewarn.lab.baselines.reading import audited, questions


def test_the_unrelated_concept_is_read_at_the_entity(trained_liar):
    """The states are those of the names, which truth has not reached."""
    inputs = trained_liar.inputs()
    split = inputs.audit_set.split()
    score, share = UnrelatedConcept().measure(inputs, inputs, split)
    facts = [fact for fact, _ in questions(inputs, inputs.audit_set.facts)]
    assert len(audited(inputs, 1, "entity")) == len(facts)
    assert 0 <= share <= 1
    assert abs(score) < 10


def test_the_random_direction_is_one_for_all_looks_and_not_the_probes(trained_liar):
    inputs = trained_liar.inputs()
    split = inputs.audit_set.split()
    found = RandomDirection().measure(inputs, inputs, split)
    assert found == RandomDirection().measure(trained_liar.inputs(), inputs, split)
    assert found != LinearProbeBaseline().measure(inputs, inputs, split)


@pytest.mark.parametrize("control", [UnrelatedConcept(), RandomDirection()], ids=lambda c: c.name)
def test_a_control_gives_the_probes_figures(control):
    assert control.figures == LinearProbeBaseline.figures
