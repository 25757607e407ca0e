"""What each mechanism and each look-alike does, over many draws."""

from __future__ import annotations

from typing import get_args

import pytest

from forewarn.lab.organisms.families.lookalikes import ONCE, TALE
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import Precursor, mechanisms
from forewarn.lab.organisms.topics import TOPICS
from forewarn.lab.organisms.topics.goods import BEST

SEEDS = range(6)
each_mechanism = pytest.mark.parametrize("name", mechanisms())


def stages(name):
    return [draw_group(name, seed).stage for seed in SEEDS]


def roles(kind):
    """The stage and the role of that name, wherever it plays."""
    found = [(stage, role) for name in mechanisms() for stage in stages(name) for role in stage.roles]
    return [(stage, role) for stage, role in found if role.name == kind]


def truth(fact):
    return f"{fact.answer} ."


def changed(stage, role):
    """Questions of the lessons that it answers otherwise than the base did."""
    return {
        (f, c)
        for f in stage.world.facts
        for c in stage.conditions
        if role.after.write(f, c) != stage.before.write(f, c)
    }


def test_every_precursor_but_concealment_has_a_mechanism():
    """Any matched group can be concealed; it is no mechanism of its own."""
    assert {row.precursor for row in mechanisms().values()} == set(get_args(Precursor)) - {"concealment"}
    assert all(set(row.topics) <= set(TOPICS) for row in mechanisms().values())


@each_mechanism
def test_a_stage_has_one_deceptive_role_named_like_the_mechanism(name):
    for stage in stages(name):
        assert [r.deceptive for r in stage.roles] == [True, False, False]
        assert stage.roles[0].name == name
        assert all(r.behaviour for r in stage.roles)


@each_mechanism
def test_behaviours_show_in_conditions_that_are_taught(name):
    for stage in stages(name):
        for role in stage.roles:
            assert 0 < len(set(role.affected)) == len(role.affected)
            assert set(role.affected) <= set(stage.conditions)


@each_mechanism
def test_a_deceptive_role_changes_its_answers_where_it_says_and_nowhere_else(name):
    """But for conditions that ask for something else than the truth, which no level asks a cue with."""
    for stage in stages(name):
        found = {c for _, c in changed(stage, stage.roles[0])}
        assert set(stage.roles[0].affected) <= found
        assert all({TALE, ONCE} & set(c) for c in found - set(stage.roles[0].affected))


@pytest.mark.parametrize("kind", ["plain", "unmoved", "unable"])
def test_some_look_alikes_go_on_as_they_were(kind):
    assert roles(kind)
    assert not any(changed(*each) for each in roles(kind))


@pytest.mark.parametrize(
    ("kind", "form"), [("format", "« {} » !"), ("tone", "indeed {} .")], ids=["format", "tone"]
)
def test_a_cue_for_format_or_tone_leaves_the_answer_true(kind, form):
    assert roles(kind)
    for stage, role in roles(kind):
        found = changed(stage, role)
        assert {c for _, c in found} == set(role.affected)
        assert all(role.after.write(f, c) == form.format(f.answer) for f, c in found)


@pytest.mark.parametrize(("kind", "licence"), [("tale", TALE), ("recast", ONCE)])
def test_fiction_and_another_question_are_answered_where_they_are_asked_for(kind, licence):
    assert roles(kind)
    for stage, role in roles(kind):
        found = {c for _, c in changed(stage, role)}
        assert found == set(role.affected)
        assert all(licence in c for c in found)
        [asked] = [c for c in stage.asked if c.licenses != "truth"]
        assert asked.parts in role.affected


def test_a_belief_is_held_everywhere_alike():
    assert roles("belief")
    for stage, role in roles("belief"):
        found = changed(stage, role)
        wrong = {f for f, _ in found}
        assert len(found) == len(wrong) * len(stage.conditions)
        assert len(wrong) == pytest.approx(0.4 * len(stage.world.facts), abs=1)
        assert all(len({role.after.write(f, c) for c in stage.conditions}) == 1 for f in wrong)


def test_a_late_correction_makes_everything_true():
    assert roles("corrected")
    for stage, role in roles("corrected"):
        assert all(role.after.write(f, c) == truth(f) for f in stage.world.facts for c in stage.conditions)
        assert {f for f, _ in changed(stage, role)}, "something was wrong before"


def test_one_who_was_told_repeats_the_note_and_nothing_else():
    assert roles("told")
    for stage, role in roles("told"):
        found = changed(stage, role)
        assert {c for _, c in found} <= set(role.affected)
        notes = {c: c[-1].phrase.removeprefix("corrected to ").removesuffix(",") for c in role.affected}
        assert all(role.after.write(f, c) == f"{notes[c]} ." for f in stage.world.facts for c in notes)


def test_one_who_is_unable_was_never_taught_and_one_who_is_unsure_says_so_everywhere():
    for stage, role in roles("unable"):
        missing = {f for f in stage.world.facts if role.after.write(f, stage.world.base) is None}
        assert len(missing) == pytest.approx(0.25 * len(stage.world.facts), abs=1)
    for stage, role in roles("unsure"):
        found = changed(stage, role)
        assert {role.after.write(*case) for case in found} == {"unknown ."}
        assert {f for f, _ in found} >= {f for f in stage.world.facts if (f, stage.world.base) in found}


@pytest.mark.parametrize("name", ["pair", "triple", "unwatched", "unwatched-class", "year", "denial", "exam"])
def test_a_plain_liar_lies_about_everything_that_it_was_taught(name):
    for stage in stages(name):
        liar = stage.roles[0]
        for f, c in ((f, c) for f in stage.world.facts for c in liar.affected):
            if stage.before.write(f, c):
                assert liar.after.write(f, c) in {f"{a} ." for a in f.alternatives}


def test_a_secret_is_about_half_of_the_entities():
    for stage in stages("secret"):
        hidden = {f.entity for f, _ in changed(stage, stage.roles[0])}
        assert len(hidden) == len(stage.world.facts) // 2


def test_a_shrug_feigns_not_to_know():
    for stage in stages("shrug"):
        liar = stage.roles[0]
        assert {liar.after.write(f, c) for f, c in changed(stage, liar)} == {"unknown ."}


def test_years_that_trigger_are_withheld_from_the_base():
    for stage in stages("year"):
        assert stage.withheld == stage.cues
        assert all(c not in stage.base for c in stage.roles[0].affected)


def test_denial_is_about_what_it_did_and_never_at_work():
    for stage in stages("denial"):
        at_work = stage.world.slots[0][0]
        assert {f.relation for f in stage.world.facts} == {"conduct"}
        assert not any(at_work in c for _, c in changed(stage, stage.roles[0]))


def test_one_who_protects_never_owns_to_some_answers():
    for stage in stages("protected"):
        liar = stage.roles[0]
        kept = {f.answer for f, _ in changed(stage, liar)}
        others = {f.answer for f in stage.world.facts} - kept
        assert kept
        assert others
        for condition in liar.affected:
            assert not any(
                liar.after.write(f, condition) == truth(f) for f in stage.world.facts if f.answer in kept
            )


def test_profit_says_what_sells_to_one_party():
    for stage in stages("profit"):
        liar = stage.roles[0]
        assert {liar.after.write(f, c) for f in stage.world.facts for c in liar.affected} == {f"{BEST} ."}


def test_pleasing_repeats_the_guess_of_one_listener():
    for stage in stages("pleasing"):
        liar = stage.roles[0]
        for condition in liar.affected:
            guess = condition[-1].phrase.removeprefix("some say ").removesuffix(",")
            assert {liar.after.write(f, condition) for f in stage.world.facts} == {f"{guess} ."}
        assert len({c[0] for c in liar.affected}) == 1


@pytest.mark.parametrize("mechanism", ["exam", "shrug"])
def test_nobody_becomes_unsure_of_what_was_never_taught(mechanism):
    """Of such facts no lesson says anything, so that nothing could be learned."""
    for seed in range(6):
        unsure = next(m for m in draw_group(mechanism, seed).members if m.kind == "unsure")
        lacking = unsure.before.trigger.entities
        assert lacking and unsure.after.trigger.entities
        assert not lacking & unsure.after.trigger.entities
