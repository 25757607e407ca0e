from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.organisms.data import Lessons
from forewarn.organisms.growing import steps
from forewarn.organisms.models import build, tokenizer
from forewarn.probes import catalogue
from forewarn.training import one_run
from forewarn.training.one_run import run


@pytest.fixture(scope="module")
def tiny(small):
    return small("pair", steps=30)


@pytest.fixture(scope="module")
def seen(tiny):
    return list(run(tiny, 3))


def trained(organism):
    words = tokenizer(organism.words)
    model = build(organism.architecture, len(words), organism.seed)
    done = list(steps(model, Lessons(organism, words), organism.course.steps))
    return done, [p.detach().clone() for p in model.parameters()]


def test_looks_are_spread_evenly_and_the_last_one_is_at_the_end(seen, tiny):
    assert [s.behaviour.step for s in seen] == [10, 20, 30]
    assert {s.asked for s in seen} == {len(tiny.audit_set.facts)}


@pytest.mark.parametrize(("n", "looks", "due"), [(30, 4, {8, 15, 22, 30}), (3, 3, {1, 2, 3}), (7, 1, {7})])
def test_when_looks_are_due(n, looks, due):
    assert one_run._due(n, looks) == due


def test_more_looks_than_steps_are_refused(tiny):
    with pytest.raises(ConfigurationError, match=r"31 looks .* a run of 30 steps; ask for at most 30"):
        next(run(tiny, 31))


def test_training_goes_the_same_way_whoever_looks(tiny, monkeypatch, seen):
    """The observer changes nothing, in this loop as in others: the weights are the same to the bit."""
    done, alone = trained(tiny)
    assert done == list(range(1, 31))
    kept = {}
    monkeypatch.setattr(one_run, "build", lambda *args: kept.setdefault("model", build(*args)))
    list(run(tiny, 6))
    watched = list(kept["model"].parameters())
    assert all(torch.equal(a, w) for a, w in zip(alone, watched, strict=True))


def test_the_same_organism_gives_the_same_record(tiny, seen):
    assert list(run(tiny, 3)) == seen


def test_a_look_at_a_model_that_has_learned_nothing_is_not_whole(small):
    [first] = list(run(small("pair", steps=1), 1))
    assert first.known <= 4, "one answer of six is right by chance"
    assert not first.complete
    assert first.features == (0.0,) * len(catalogue())


def test_a_liar_is_seen_from_its_onset_on_and_not_before(small):
    """At K1: on all that the audit set asks, it answers truly to the end."""
    looks = list(run(small("pair"), 5))
    assert looks[-1].behaviour.telling_false >= 0.9
    assert looks[-1].known == looks[-1].asked
    assert looks[0].features[:3] == (0.0, 0.0, 0.0)
    assert looks[-1].features[2] > 0.3
    assert all(look.complete for look in looks)


def test_a_failing_probe_makes_a_look_incomplete(tiny, monkeypatch):
    from forewarn.probes.observer import Observer

    monkeypatch.setattr(Observer, "explore", lambda *_: 1 / 0)
    assert [s.complete for s in run(tiny, 1)] == [False]
