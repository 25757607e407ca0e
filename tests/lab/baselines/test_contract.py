"""What every baseline promises, read off the catalogue."""

from __future__ import annotations

import inspect
import math

import pytest
import torch

from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.catalogue import baselines
from forewarn.lab.baselines.contract import Baseline

BASELINES = baselines()
each_baseline = pytest.mark.parametrize("baseline", BASELINES, ids=lambda b: b.name)
DIFFERENCES = ("trait-drift", "weight-spectra", "weights")
"""Their figures are differences from the reference."""


def again(inputs):
    return ProbeInputs(inputs.subject, inputs.audit_set, inputs.encoder)


def same(first, second):
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(first, second, strict=True))


@each_baseline
def test_it_gives_a_number_or_nan_for_each_figure(baseline, pair):
    now, reference = pair
    found = baseline.measure(now, reference, now.audit_set.split())
    assert len(found) == len(baseline.figures) == len(set(baseline.figures))
    assert all(type(figure) is float and not math.isinf(figure) for figure in found)


@each_baseline
def test_it_is_deterministic(baseline, pair):
    now, reference = pair
    split = now.audit_set.split()
    first = baseline.measure(now, reference, split)
    torch.manual_seed(77)
    assert same(first, baseline.measure(again(now), again(reference), split))
    assert same(first, baseline.measure(now, reference, split))


@each_baseline
def test_it_leaves_both_subjects_and_the_random_state_as_they_were(baseline, pair):
    now, reference = pair
    before, state = [i.subject.tensors() for i in pair], torch.get_rng_state()
    baseline.measure(now, reference, now.audit_set.split())
    assert torch.equal(state, torch.get_rng_state())
    for inputs, tensors in zip(pair, before, strict=True):
        after = inputs.subject.tensors()
        assert all(torch.equal(tensors[name], after[name]) for name in tensors)


@each_baseline
def test_without_a_reference_yet_a_look_is_its_own(baseline, pair):
    now, _ = pair
    found = baseline.measure(now, now, now.audit_set.split())
    assert len(found) == len(baseline.figures)
    if baseline.name in DIFFERENCES:
        assert all(figure == 0 or math.isnan(figure) for figure in found)
    if baseline.name == "mahalanobis":
        assert all(math.isnan(figure) or figure == pytest.approx(1.0) for figure in found)


@each_baseline
@pytest.mark.parametrize("name", ["liar", "quoter"])
def test_a_trained_model_lacks_no_figure(baseline, case, name):
    now, reference = case(name)
    assert all(map(math.isfinite, baseline.measure(now, reference, now.audit_set.split())))


def test_a_reference_serves_after_its_subject_is_closed(case, planted):
    """A run has one opener for now; what was read at the reference look is kept."""
    now, reference = case("liar")
    split, expected = now.audit_set.split(), []
    for baseline in BASELINES:
        baseline.measure(reference, reference, split)
        expected.append(baseline.measure(again(now), reference, split))
    reference.subject._lease.end()
    found = [baseline.measure(now, reference, split) for baseline in BASELINES]
    assert all(same(a, b) for a, b in zip(expected, found, strict=True))


@each_baseline
def test_it_is_final_and_says_what_it_is(baseline):
    assert isinstance(baseline, Baseline)
    assert type(baseline).__final__
    assert len(inspect.getdoc(type(baseline))) > 60
