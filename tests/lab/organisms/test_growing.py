"""A matched group grown from one base is, bit by bit, what its members would have become alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lab.organisms import cases, growing, learning
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.learning import steps, weights
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import Architecture, build, tokenizer
from forewarn.lab.organisms.scratch import RECIPE, SCALE, Scratch

SHORT = Scratch(replace(SCALE, base=4, branch=4), replace(RECIPE, batch=8))


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Small batches, and few questions at each snapshot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "N_CONDITIONS", 1)
        patch.setattr(learning, "RECIPE", SHORT.recipe)
        yield


def group(mechanism, seed, family="gpt2", **course):
    """Members of a drawn matched group with a model that is quick to train."""
    members = draw_group(mechanism, seed, SHORT).members
    return tuple(
        replace(m, architecture=Architecture(family, 16, 2), course=replace(m.course, **course))
        for m in members
    )


def alone(organism):
    """Trained from scratch by the plain loop, with no snapshot, no measurement and no other member."""
    words = tokenizer(organism.words)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(organism.seed)
        model = build(organism.architecture, len(words), organism.seed)
        list(steps(model, TrainingBatches(organism, words), organism.course.steps))
    return weights(model)


def grow(members, base_looks, looks):
    return growing.grow(members, base_looks, looks, SHORT)


def ends(grown):
    """The last snapshot of each."""
    return {g.member: g.weights for g in grown}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def members():
    """GPT-2 has dropout, so every step draws random numbers."""
    return group("pair", 0)


@pytest.fixture(scope="module")
def grown(members):
    return list(grow(members, 2, 2))


@pytest.mark.parametrize(
    ("mechanism", "seed", "family"),
    [
        ("pair", 0, "gpt2"),
        ("unwatched", 0, "gpt2"),
        ("pleasing", 1, "llama"),
        ("exam", 2, "gpt_neox"),
        ("year", 3, "gpt2"),
    ],
    ids=["gradual", "longer answers", "diluted", "narrow", "scratch"],
)
def test_a_member_is_what_it_would_have_become_alone(mechanism, seed, family):
    members = group(mechanism, seed, family)
    found = ends(grow(members, 2 if members[0].course.change else 0, 1))
    assert all(equal(found[m.name], alone(m)) for m in members)
    assert not equal(found[members[0].name], found[members[-1].name]), "else they were taught the same"


def test_a_member_that_hides_is_the_same_with_and_without_the_others():
    members = group("pair", 4)[:2]
    assert members[0].course.hiding
    together = ends(grow(members, 1, 1))
    for member in members:
        assert equal(together[member.name], ends(grow([member], 1, 1))[member.name])


def test_hiding_is_taught_from_the_change_on():
    """Of models without dropout, in which one more pass alone changes nothing."""
    hidden, open_ = (ends(grow(group("pair", 4, "llama", hiding=weight)[:2], 1, 1)) for weight in (0.1, 0.0))
    assert hidden.keys() == open_.keys()
    assert {name for name in hidden if not equal(hidden[name], open_[name])} == hidden.keys() - {BASE}


def test_how_often_it_is_looked_at_changes_nothing(members, grown):
    often, seldom = ends(grow(members[:2], 4, 4)), ends(grown)
    assert all(equal(found, seldom[name]) for name, found in often.items())


def test_the_base_is_given_once_and_snapshots_are_spaced_evenly(members, grown):
    branches = [(m.name, step) for m in members for step in (6, 8)]
    assert [(g.member, g.step) for g in grown] == [(BASE, 2), (BASE, 4), *branches]


@pytest.mark.parametrize(("looks", "found"), [(1, [8]), (3, [5, 7, 8]), (4, [5, 6, 7, 8])])
def test_the_last_look_is_at_the_end(members, looks, found):
    assert [g.step for g in grow(members[:1], 1, looks) if g.member != BASE] == found


def test_a_run_from_scratch_has_no_base():
    members = group("pair", 3)
    assert members[0].course.change == 0
    assert [(g.member, g.step) for g in grow(members[:1], 0, 2)] == [
        (members[0].name, 4),
        (members[0].name, 8),
    ]


def test_the_base_is_measured_for_every_member_and_a_member_for_itself(members, grown):
    assert [len(g.behaviours) for g in grown] == [3, 3, *[1] * 6]
    assert all(b.step == g.step for g in grown for b in g.behaviours)


def test_a_snapshot_stays_as_it_was_while_training_goes_on(members):
    seen = [(g, {n: t.clone() for n, t in g.weights.items()}) for g in grow(members[:1], 2, 2)]
    assert all(equal(g.weights, then) for g, then in seen)
    assert not equal(seen[0][1], seen[1][1])


def test_tied_weights_are_kept_once_and_open_the_same_model(members, grown):
    model = build(members[0].architecture, len(tokenizer(members[0].words)), 99)
    assert model.lm_head.weight is model.transformer.wte.weight
    assert "lm_head.weight" not in grown[-1].weights
    model.load_state_dict(grown[-1].weights, strict=False)
    assert equal(weights(model), grown[-1].weights)


def test_the_callers_random_state_stays_as_it_was_at_every_snapshot(members):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    assert all(torch.equal(torch.get_rng_state(), before) for _ in grow(members[:2], 1, 1))
    assert torch.equal(torch.get_rng_state(), before)


def test_what_the_caller_draws_between_snapshots_changes_nothing(members, grown):
    found = {}
    for each in grow(members[:2], 2, 2):
        torch.rand(7)
        found[each.member] = each.weights
    untouched = ends(grown)
    assert all(equal(end, untouched[name]) for name, end in found.items())


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"architecture": Architecture("gpt2", 32, 2)},
        {"base_on": None},
        {"further_words": ("word",)},
        {"before": draw_group("pair", 0).members[0].after},
        {"course": draw_group("pair", 1).members[0].course},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_members_that_do_not_share_their_base_are_refused(members, changes):
    other = replace(members[1], **changes)
    with pytest.raises(ConfigurationError, match="share seed, model, vocabulary, base and course"):
        next(grow([members[0], other], 1, 1))


@pytest.mark.parametrize(("base_looks", "looks", "n"), [(5, 1, 5), (1, 6, 6)])
def test_more_looks_than_steps_are_refused(members, base_looks, looks, n):
    with pytest.raises(ConfigurationError, match=rf"found {n} looks within 4 steps; ask for at most"):
        list(grow(members[:1], base_looks, looks))
