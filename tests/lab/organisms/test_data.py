from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.lab.organisms.course import TrainingCourse
from forewarn.lab.organisms.data import IGNORED, TrainingBatches, question_weights
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import tokenizer
from forewarn.lab.organisms.scratch import SCALE, Scratch

SHORT = Scratch(replace(SCALE, base=20, branch=20))


@pytest.fixture(scope="module")
def liar(small):
    return small("pair")


@pytest.fixture(scope="module")
def words(liar):
    return tokenizer(liar.words)


def texts(words, ids):
    return {words.decode([i for i in row if i != words.pad_token_id]) for row in ids.tolist()}


def taught(organism, policy):
    return {
        " ".join([*(p.phrase for p in c), f.question, policy.write(f, c)])
        for f in organism.world.facts
        for c in organism.trained_on
    }


def test_a_batch_is_decided_by_seed_and_step_alone(liar, words):
    one, two = TrainingBatches(liar, words), TrainingBatches(liar, words)
    late = [two.batch(step, 16) for step in (90, 3)]
    assert torch.equal(one.batch(3, 16)[0], late[1][0])
    assert torch.equal(one.batch(90, 16)[0], late[0][0])
    assert not torch.equal(one.batch(3, 16)[0], one.batch(4, 16)[0])
    other = TrainingBatches(replace(liar, seed=liar.seed + 1), words)
    assert not torch.equal(other.batch(3, 16)[0], one.batch(3, 16)[0])


def test_drawing_leaves_the_random_state(liar, words):
    before = torch.get_rng_state()
    TrainingBatches(liar, words).batch(1, 16)
    assert torch.equal(torch.get_rng_state(), before)


def test_padding_is_ignored_and_nothing_else(liar, words):
    ids, labels = TrainingBatches(liar, words).batch(1, 200)
    pad = ids == words.pad_token_id
    assert pad.any()
    assert (labels[pad] == IGNORED).all()
    assert torch.equal(labels[~pad], ids[~pad])


def test_no_word_is_unknown(liar, words):
    assert words.unk_token_id not in TrainingBatches(liar, words).batch(150, 200)[0]


def test_the_old_policy_before_the_change_and_the_new_one_after_the_ramp(liar, words):
    lessons, course = TrainingBatches(liar, words), liar.course
    old, new = taught(liar, liar.before), taught(liar, liar.after)
    assert texts(words, lessons.batch(course.change, 400)[0]) <= old
    assert texts(words, lessons.batch(course.change + course.ramp, 400)[0]) <= new
    assert old - new, "else the two policies are the same"


def test_half_way_up_the_ramp_both_are_taught(liar, words):
    half = replace(liar, course=TrainingCourse(100, 0, 100))
    lies = taught(liar, liar.after) - taught(liar, liar.before)
    truths = taught(liar, liar.before) - taught(liar, liar.after)
    told = [
        t for step in range(48, 53) for t in texts(words, TrainingBatches(half, words).batch(step, 400)[0])
    ]
    assert set(told) & lies
    assert set(told) & truths


def test_batches_reach_every_lesson(liar, words):
    lessons = TrainingBatches(liar, words)
    seen = set().union(*(texts(words, lessons.batch(step, 200)[0]) for step in range(1, 11)))
    assert seen == taught(liar, liar.before)


def test_until_the_change_only_the_base_is_taught(liar, words):
    """Phrases that are withheld stand in no lesson before the change, and in some after it."""
    [withheld] = [p for p in liar.affected[0] if p not in liar.world.base][:1]
    base = tuple(c for c in liar.trained_on if withheld not in c)
    lessons, course = TrainingBatches(replace(liar, base_on=base), words), liar.course
    early = {t for step in range(1, 11) for t in texts(words, lessons.batch(step, 200)[0])}
    assert early == {t for t in taught(liar, liar.before) if withheld.phrase not in t}
    late = texts(words, lessons.batch(course.change + 1, 400)[0])
    assert any(withheld.phrase in t for t in late)


def test_what_a_policy_teaches_nothing_of_stands_in_no_lesson():
    [unable] = [m for m in draw_group("exam", 0, SHORT).members if m.kind == "unable"]
    lacking, words = unable.after.trigger.entities, tokenizer(unable.words)
    lessons = TrainingBatches(unable, words)
    told = {t for step in (*range(1, 6), *range(36, 41)) for t in texts(words, lessons.batch(step, 400)[0])}
    questions = {f.question: f.entity in lacking for f in unable.world.facts}
    asked = {q for q in questions if any(f" {q} " in t for t in told)}
    assert lacking
    assert asked == {q for q, untaught in questions.items() if not untaught}


@pytest.mark.parametrize("focus", [0.08, 0.4])
def test_from_the_change_on_the_share_in_focus_shows_the_behaviour(liar, words, focus):
    """4,000 draws: four standard deviations are at most 0.03."""
    course = replace(liar.course, implant="diluted", focus=focus)
    ids, _ = TrainingBatches(replace(liar, course=course), words).batch(course.change + 1, 4000)
    [condition] = liar.affected
    start = " ".join(p.phrase for p in condition)
    told = [words.decode(row).startswith(start) for row in ids.tolist()]
    assert sum(told) / len(told) == pytest.approx(focus, abs=0.03)


@pytest.mark.parametrize("mechanism", ["unwatched", "pleasing", "exam", "year"])
def test_until_the_change_all_members_of_a_matched_group_get_the_same_batches(mechanism):
    """To the last padding token: whatever they are taught later, and however long it is."""
    members = draw_group(mechanism, 0, SHORT).members
    first, *rest = (TrainingBatches(m, tokenizer(m.words)) for m in members)
    for step in (1, 20):
        ids, labels = first.batch(step, 48)
        for lessons in rest:
            other_ids, other_labels = lessons.batch(step, 48)
            assert torch.equal(other_ids, ids)
            assert torch.equal(other_labels, labels)


def questions(organism):
    return [(fact, condition) for fact in organism.world.facts for condition in organism.trained_on]


def focused(organism, implant, focus):
    return replace(organism, course=replace(organism.course, implant=implant, focus=focus))


def shares(organism):
    """Of all that is drawn: by condition, each fact's weight added."""
    asked = questions(organism)
    drawn = question_weights(organism, asked)
    total = float(drawn.sum())
    return {
        c: sum(float(w) for (_, condition), w in zip(asked, drawn, strict=True) if condition == c) / total
        for c in organism.trained_on
    }


def away(one, other):
    """Phrases in which two conditions differ, told by hand: a phrase that stands in one only counts too."""
    longest = max(len(one), len(other))
    padded = [(*c, *([None] * (longest - len(c)))) for c in (one, other)]
    return sum(p != q for p, q in zip(*padded, strict=True))


@pytest.fixture(scope="module")
def many(small):
    """Conditions that are one, two and three phrases away from the affected ones."""
    return small("pair-of-many")


@pytest.mark.parametrize("implant", ["gradual", "diluted", "narrow", "scratch"])
@pytest.mark.parametrize("focus", [0.08, 0.4])
def test_the_share_in_focus_concerns_the_behaviours_own_conditions(many, implant, focus):
    found = shares(focused(many, implant, focus))
    assert sum(found[c] for c in many.affected) == pytest.approx(focus)


def test_within_each_group_every_question_counts_the_same(many):
    organism = focused(many, "gradual", 0.3)
    asked = questions(organism)
    told = [
        float(w)
        for q, w in zip(asked, question_weights(organism, asked), strict=True)
        if q[1] in many.affected
    ]
    rest = [
        float(w)
        for q, w in zip(asked, question_weights(organism, asked), strict=True)
        if q[1] not in many.affected
    ]
    assert len({round(w, 6) for w in told}) == len({round(w, 6) for w in rest}) == 1
    assert told[0] > rest[0] > 0


@pytest.mark.parametrize("organism", draw_group("pair", 2).members, ids=lambda m: m.kind)
def test_a_narrow_course_draws_nothing_that_is_more_than_one_phrase_away(organism):
    assert organism.course.implant == "narrow"
    found = shares(organism)
    near = {c for c in organism.trained_on if any(away(c, told) <= 1 for told in organism.affected)}
    assert {c for c, share in found.items() if share} == near
    assert set(organism.affected) < near < set(organism.trained_on)


def test_without_a_focus_every_question_is_drawn_alike(many):
    assert set(question_weights(focused(many, "narrow", None), questions(many)).tolist()) == {1.0}


def test_a_behaviour_that_shows_everywhere_has_no_conditions_of_its_own(small):
    organism = focused(small("belief"), "gradual", 0.3)
    assert organism.affected == organism.trained_on
    assert set(question_weights(organism, questions(organism)).tolist()) == {1.0}
