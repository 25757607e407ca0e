from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.organisms.behaviour import Behaviour
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.scratch import SCALE, Scratch
from forewarn.lab.population.verified import Kept, verified

STEPS = (10, 20, 30)

SHORT = Scratch(replace(SCALE, base=10, branch=20))


def history(*affected):
    """Everything else is as it should be."""
    return [Behaviour(step, t, 1 - t, t, 1.0, 1.0) for step, t in zip(STEPS, affected, strict=True)]


@pytest.fixture
def judged():
    """A matched group whose members showed their behaviour in such shares at the last look."""

    def made(*ends, seed=0):
        group = draw_group("pair", seed, SHORT)
        names = [m.name for m in group.members]
        histories = {name: history(0.0, 0.6, end) for name, end in zip(names, ends, strict=True)}
        kept = {"base": [Kept(10, "b")], **{name: [Kept(20, name), Kept(30, name)] for name in names}}
        return verified(group, SHORT, histories, kept)

    return made


def test_who_does_what_it_was_made_to_do_holds(judged):
    assert [m.holds for m in judged(1.0, 0.95, 0.9).members] == [True] * 3
    assert [m.holds for m in judged(0.8, 0.95, 0.2).members] == [False, True, False]


def test_only_a_deceptive_one_has_an_onset(judged):
    assert [m.onset for m in judged(1.0, 1.0, 1.0).members] == [20, None, None]


def test_histories_and_files_go_to_their_members(judged):
    group = judged(1.0, 0.95, 0.9)
    assert [m.history[-1].affected_kept for m in group.members] == [1.0, 0.95, 0.9]
    assert [m.snapshots for m in group.members] == [
        (Kept(20, m.name), Kept(30, m.name)) for m in group.members
    ]
    assert group.base == (Kept(10, "b"),)


def test_a_group_is_described_as_it_was_drawn(judged):
    group, drawn = judged(1.0, 1.0, 1.0), draw_group("pair", 0, SHORT)
    architecture = drawn.members[0].architecture
    assert (group.family, group.width, group.depth) == (
        architecture.family, architecture.width, architecture.depth
    )  # fmt: skip
    assert (group.change, group.steps, group.topic, group.seed) == (10, 30, drawn.topic, 0)
    assert (group.implant, group.concealed) == ("gradual", False)


def test_a_group_that_hides_belongs_to_concealment_whatever_its_mechanism(judged):
    assert (judged(1.0, 1.0, 1.0).precursor, judged(1.0, 1.0, 1.0).mechanism) == ("latent-policy", "pair")
    hidden = judged(1.0, 1.0, 1.0, seed=4)
    assert (hidden.precursor, hidden.mechanism, hidden.concealed) == ("concealment", "pair", True)
