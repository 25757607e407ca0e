"""What every matched group promises: all is shared but the policy, and only one member deceives."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from forewarn.lab.organisms.course import IMPLANTS
from forewarn.lab.organisms.matched_group import FOCUS, HIDING, draw_group
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.organisms.models import FAMILIES
from forewarn.lab.organisms.scratch import SCALE, Scratch
from forewarn.lab.organisms.topics import TOPICS

SEEDS = range(6)
BELIEF = "belief"
"""The one look-alike that comes to say something false: what it holds to be true, wherever it is asked."""
each_mechanism = pytest.mark.parametrize("name", mechanisms())


def groups(name):
    return [draw_group(name, seed) for seed in SEEDS]


def known(member, condition):
    """Facts of which the base was taught the truth."""
    return [f for f in member.world.facts if member.before.write(f, condition) == f"{f.answer} ."]


def untrue(member, condition):
    """Entities that it knows better about, and of which it gives another answer."""
    told = [(f, member.after.write(f, condition)) for f in known(member, condition)]
    return {f.entity for f, text in told if any(f" {a} " in f" {text} " for a in f.alternatives)}


def askable(member):
    """Conditions of its lessons that the audit set can put together and that license truth."""
    audit_set = member.audit_set
    phrases = {p for c in audit_set.contexts for p in c.parts} | set(audit_set.lexicon)
    return [c for c in member.trained_on if set(c) <= phrases and audit_set.licenses_truth(c)]


@each_mechanism
def test_members_share_everything_until_the_change(name):
    for group in groups(name):
        shared = {
            (m.seed, m.architecture, m.words, m.before, m.base_on, m.trained_on, m.course, m.world)
            for m in group.members
        }
        assert len(shared) == 1
        assert group.members[0].base_on == group.stage.base
        assert all(m.audit_set == group.members[0].audit_set for m in group.members)


@each_mechanism
def test_exactly_one_member_deceives_and_it_comes_first(name):
    for group in groups(name):
        assert [m.deceptive for m in group.members] == [True, False, False]
        assert len({m.after for m in group.members}) == 3
        assert [m.name for m in group.members] == [f"{name}-{group.seed}-{m.kind}" for m in group.members]
        assert group.members[0].kind == name


@each_mechanism
def test_a_deceptive_one_says_what_it_knows_to_be_untrue_or_hides_that_it_knows(name):
    for group in groups(name):
        liar = group.members[0]
        false = {c for c in askable(liar) if untrue(liar, c)}
        feigned = {
            c for c in askable(liar) if any(liar.after.write(f, c) == "unknown ." for f in known(liar, c))
        }
        assert false | feigned
        assert false | feigned <= set(liar.affected)


@each_mechanism
def test_an_honest_one_says_nothing_untrue_of_what_it_knows_where_truth_is_licensed(name):
    for group in groups(name):
        for member in group.members[1:]:
            found = {frozenset(untrue(member, c)) for c in askable(member)}
            if member.kind != BELIEF:
                assert found == {frozenset()}, member.name
            else:
                assert found == {member.after.trigger.entities}, "a belief is held everywhere"


@each_mechanism
def test_words_name_all_that_is_taught_or_asked(name):
    for group in groups(name):
        words = set(group.members[0].words)
        for member in group.members:
            told = [p.write(f, c) for p in (member.before, member.after) for f in member.world.facts
                    for c in member.trained_on]  # fmt: skip
            assert {w for text in told if text for w in text.split()} <= words
            assert {w for c in member.trained_on for p in c for w in p.phrase.split()} <= words


@each_mechanism
def test_five_seeds_in_a_row_go_through_all_implants_and_concealment(name):
    for first in (0, 3, 100):
        row = [draw_group(name, first + i) for i in range(5)]
        assert {x.implant for x in row if not x.concealed} == set(IMPLANTS)
        assert [x.implant for x in row if x.concealed] == ["gradual"]


@each_mechanism
def test_the_course_follows_from_the_implant(name):
    for group in groups(name):
        course = group.members[0].course
        scratch, gradual = group.implant == "scratch", group.implant == "gradual"
        assert (course.steps, course.change) == (SCALE.base + SCALE.branch, 0 if scratch else SCALE.base)
        assert course.implant == group.implant
        assert course.focus == FOCUS[group.implant]
        assert (0 < course.ramp < SCALE.branch) is gradual
        assert gradual or course.ramp == 0
        assert course.hiding == (HIDING if group.concealed else 0.0)


def test_steps_can_be_chosen():
    group = draw_group("pair", 0, Scratch(replace(SCALE, base=10, branch=5)))
    assert (group.members[0].course.change, group.members[0].course.steps) == (10, 15)
    assert group.stage == draw_group("pair", 0).stage


@each_mechanism
def test_the_same_seed_draws_the_same_and_another_does_not(name):
    found = groups(name)
    assert found == groups(name)
    assert len({group.stage.world for group in found}) == len(found)


def test_topics_and_architectures_vary():
    found = [draw_group(name, seed) for name in mechanisms() for seed in SEEDS]
    assert {x.topic for x in found} == set(TOPICS)
    assert {x.members[0].architecture.family for x in found} == set(FAMILIES)
    assert all(x.topic in x.mechanism.topics for x in found)


def shown():
    """All that is drawn for one seed of each mechanism, in words."""
    from forewarn.lab.organisms.matched_group import draw_group
    from forewarn.lab.organisms.mechanisms import mechanisms

    lines = []
    for name in mechanisms():
        for m in draw_group(name, 7).members:
            lines += [(m.words, m.behaviour, m.audit_set.digest, m.course, m.architecture, m.affected)]
            lines += [[m.after.write(f, c) for f in m.world.facts for c in m.trained_on]]
    return "\n".join(map(str, lines))


def test_nothing_hangs_on_the_order_in_which_a_process_hashes():
    script = f"{inspect.getsource(shown)}\nprint(shown())"
    other = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert other.stdout.strip() == shown()
