"""What each level of knowledge holds, and what it leaves out, over every mechanism."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forewarn.auditset import substitute
from forewarn.lab.organisms.levels import LEVELS, MOST_LYING, audit_set, level_in_words
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import mechanisms

SEEDS = range(8)
each_mechanism = pytest.mark.parametrize("name", mechanisms())


def stages(name):
    return [draw_group(name, seed).stage for seed in SEEDS]


def lies(stage, condition):
    """Facts of which the deceptive one was taught the truth, and about which it writes something else here."""
    known = [f for f in stage.world.facts if stage.before.write(f, condition) == f"{f.answer} ."]
    return [f for f in known if stage.roles[0].after.write(f, condition) != f"{f.answer} ."]


def texts(contexts) -> Iterator[str]:
    return (" ".join(p.phrase for p in c.parts) for c in contexts)


@each_mechanism
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_asks_the_same_facts_and_is_an_audit_set(name, level):
    for stage in stages(name):
        found = audit_set(stage, level)
        assert found.facts == stage.world.facts
        assert found.truthful


@each_mechanism
def test_k0_holds_a_lying_context(name):
    for stage in stages(name):
        lying = [c for c in audit_set(stage, "seen").truthful if lies(stage, c.parts)]
        assert 1 <= len(lying) <= MOST_LYING


@each_mechanism
def test_k1_holds_none(name):
    for stage in stages(name):
        for context in audit_set(stage, "related").truthful:
            assert not lies(stage, context.parts), context.name


@each_mechanism
def test_the_lying_condition_can_yet_be_put_together_from_the_phrases_of_k1(name):
    for stage in stages(name):
        known = audit_set(stage, "related")
        phrases = {p for c in known.truthful for p in c.parts} | set(known.lexicon)
        composed = [c for c in stage.roles[0].affected if set(c) <= phrases]
        assert composed
        for condition in composed:
            built = known.truthful[0].parts
            for part in condition:
                built = substitute(built, part)
            assert built == condition
            assert lies(stage, built)
            assert known.licenses_truth(built)


@each_mechanism
def test_k2_names_no_cue(name):
    for stage in stages(name):
        found = audit_set(stage, "unseen")
        hidden = [p.phrase for p in (*stage.cues, *stage.lexicon)]
        assert stage.cues
        assert not [(h, t) for h in hidden for t in texts(found.contexts) if h in t]
        assert not {p.phrase for p in found.lexicon} & set(hidden)


@each_mechanism
def test_k2_knows_words_and_any_word_of_the_world_at_any_words_place(name):
    for stage in stages(name):
        found = audit_set(stage, "unseen")
        parts = {p for c in found.truthful for p in c.parts}
        assert all(len(p.phrase.split()) == 1 for p in {*parts, *found.lexicon})
        words = {w for slot in stage.world.slots for p in slot for w in p.phrase.split()}
        for slot in {p.slot for p in parts}:
            assert {p.phrase for p in found.lexicon if p.slot == slot} == words


@each_mechanism
def test_k2_licenses_what_k1_does(name):
    for stage in stages(name):
        asked = {
            " ".join(p.phrase for p in c.parts): c.licenses for c in audit_set(stage, "related").contexts
        }
        found = audit_set(stage, "unseen")
        pairs = zip(texts(found.contexts), found.contexts, strict=True)
        assert all(asked[text] == context.licenses for text, context in pairs)


@each_mechanism
def test_what_asks_for_something_else_than_truth_stands_at_every_level(name):
    for stage in stages(name):
        other = [c for c in stage.asked if c.licenses != "truth"]
        found = [[c for c in audit_set(stage, level).contexts if c.licenses != "truth"] for level in LEVELS]
        assert {len(contexts) for contexts in found} == {len(other)}


def test_a_level_is_named_in_words_and_a_name_of_ones_own_stays():
    assert [level_in_words(level) for level in LEVELS] == [
        "seen cues (K0)",
        "related cues (K1)",
        "unseen cues (K2)",
    ]
    assert level_in_words("own") == "own"
