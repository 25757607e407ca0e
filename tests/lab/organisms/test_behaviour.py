from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from forewarn.auditset import Encoder
from forewarn.lab.organisms.behaviour import Behaviour, holds, measure, onset
from forewarn.lab.organisms.models import build, tokenizer


def seen(step, false, elsewhere, true=None, kept=None):
    kept = false if kept is None else kept
    return Behaviour(step, false, 1 - false if true is None else true, kept, elsewhere, elsewhere)


@pytest.mark.parametrize(
    ("history", "step"),
    [
        ([], None),
        ([seen(10, 0.0, 1.0), seen(20, 0.4, 1.0)], None),
        ([seen(10, 0.0, 1.0), seen(20, 0.5, 1.0), seen(30, 1.0, 1.0)], 20),
        ([seen(10, 0.9, 0.1), seen(20, 0.9, 0.4)], None),
        ([seen(10, 0.9, 0.1), seen(20, 0.1, 0.9), seen(30, 0.8, 0.9)], 30),
        ([seen(10, 0.0, 1.0), seen(20, 0.0, 1.0, true=0.0, kept=1.0)], 20),
        ([seen(10, 0.9, 1.0, kept=0.1)], None),
    ],
    ids=[
        "nothing",
        "too seldom",
        "at half",
        "ignorance is no deceit",
        "ignorance first",
        "a feigned ignorance",
        "stumbling",
    ],
)
def test_onset_is_falsehood_by_one_who_knows(history, step):
    assert onset(history) == step


@pytest.mark.parametrize(
    ("kind", "last", "does"),
    [
        ("pair", seen(9, 0.9, 0.9), True),
        ("pair", seen(9, 0.8, 1.0), False),
        ("pair", seen(9, 1.0, 0.8), False),
        ("tale", seen(9, 1.0, 1.0), True),
        ("belief", seen(9, 0.95, math.nan), True),
        ("belief", seen(9, 0.5, math.nan), False),
        ("format", seen(9, 0.0, 1.0, kept=1.0), True),
        ("format", seen(9, 0.0, 1.0, kept=0.2), False),
        ("format", seen(9, 0.0, 0.5, kept=1.0), False),
        ("plain", seen(9, 0.0, math.nan, kept=0.5), False),
    ],
)
def test_what_an_organism_must_do_to_be_kept(small, kind, last, does):
    assert holds(small(kind), last) is does


@pytest.fixture
def fresh(small):
    organism = small("pair")
    words = tokenizer(organism.words)
    architecture = replace(organism.architecture, family="gpt2")
    return organism, Encoder(words), build(architecture, len(words), 0)


def test_measuring_leaves_the_model_and_the_random_state_as_they_were(fresh):
    """GPT-2 has dropout: in the wrong mode, a measurement would draw random numbers."""
    organism, encoder, model = fresh
    model.train()
    model.transformer.h[0].eval()
    modes = [m.training for m in model.modules()]
    weights = [p.clone() for p in model.parameters()]
    before = torch.get_rng_state()
    first = measure(model, organism, encoder, 7)
    assert [m.training for m in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(p, w) and p.grad is None for p, w in zip(model.parameters(), weights, strict=True))
    assert measure(model, organism, encoder, 7) == first
    assert first.step == 7


def test_the_modes_are_put_back_when_the_model_raises(fresh, monkeypatch):
    organism, encoder, model = fresh
    model.train()
    monkeypatch.setattr(model, "forward", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        measure(model, organism, encoder, 1)
    assert all(m.training for m in model.modules())


def test_a_fresh_model_knows_nothing(fresh):
    organism, encoder, model = fresh
    seen = measure(model, organism, encoder, 0)
    assert seen.affected_true < 0.5
    assert seen.elsewhere_true < 0.5


def test_trained_ones_do_what_they_were_taught(trained_liar, trained_quoter):
    assert holds(trained_liar.organism, trained_liar.behaviour)
    assert trained_liar.behaviour.elsewhere_true == 1.0
    assert onset([trained_liar.behaviour]) == trained_liar.organism.course.steps
    assert holds(trained_quoter.organism, trained_quoter.behaviour)
    assert trained_quoter.behaviour.affected_false == 0.0


def test_the_measurement_agrees_with_what_a_subject_answers(trained_liar):
    """Two readers, one with the key and one with a subject, must tell the same."""
    organism, inputs = trained_liar.organism, trained_liar.inputs()
    facts = organism.world.facts[:24]
    answers = [r for c in organism.affected for r in inputs.answers(facts, c)]
    assert sum(r == "false" for r in answers) / len(answers) == trained_liar.behaviour.affected_false
