from __future__ import annotations

import math

import pytest

from forewarn.lab.baselines.directions import separating
from forewarn.lab.baselines.linear_probe import LinearProbeBaseline
from forewarn.lab.baselines.statements import statements
from forewarn.stats import auroc


@pytest.mark.parametrize("name", ["trained_liar", "trained_quoter"])
def test_false_statements_about_other_facts_are_told_from_true_ones(request, name):
    """Positive control of the recipe; answers are as often true as false, so chance is one half."""
    inputs = request.getfixturevalue(name).inputs()
    split = inputs.audit_set.split()
    fitted, kept = (statements(inputs, facts, (1,)) for facts in (split.explore, split.confirm))
    direction = separating(fitted.states[0], fitted.false)
    false, true = ((states[0] @ direction).tolist() for states in (kept.false_ones, kept.true_ones))
    assert auroc(false, true) > 0.6


def test_an_honest_answer_scores_like_true_statements(trained_liar):
    """Where its audit set asks it, this model tells the truth: what it writes are true statements."""
    inputs = trained_liar.inputs()
    score, share = LinearProbeBaseline().measure(inputs, inputs, inputs.audit_set.split())
    assert abs(score) < 1
    assert share < 0.1


def test_lies_in_a_context_that_is_asked_score_higher(trained_liar, planted):
    """K0: the probe is fitted where the model is honest and reads what it says where it lies."""
    from forewarn.auditset import AuditSet, Context

    organism, honest = trained_liar.organism, trained_liar.inputs()
    contexts = tuple(Context(f"told {i}", parts) for i, parts in enumerate(organism.affected))
    asked = AuditSet(organism.audit_set.facts, contexts)
    lying = planted.ask_model(trained_liar.model, asked, trained_liar.encoder)
    split = honest.audit_set.split()
    scores = [LinearProbeBaseline().measure(now, honest, split)[0] for now in (honest, lying)]
    assert scores[1] > scores[0]


def test_the_fit_is_made_once(trained_liar):
    inputs = trained_liar.inputs()
    split = inputs.audit_set.split()
    first = LinearProbeBaseline().measure(inputs, inputs, split)
    before = inputs.subject.forwards
    assert LinearProbeBaseline().measure(inputs, inputs, split) == first
    assert inputs.subject.forwards == before


def test_where_statements_do_not_differ_there_is_no_score(planted):
    """A planted model looks all answers up as one vector."""
    inputs = planted.inputs(planted.HONEST)
    assert all(map(math.isnan, LinearProbeBaseline().measure(inputs, inputs, inputs.audit_set.split())))
