"""What the catalogue promises of every kind, over many seeds."""

from __future__ import annotations

import pytest

from forewarn.auditset import substitute
from forewarn.lab.organisms.catalogue import draw_organism, kinds

ALL = tuple(kinds())
DECEPTIVE = tuple(name for name, kind in kinds().items() if kind.deceptive)
K1 = tuple(name for name in DECEPTIVE if name != "open")
SEEDS = range(6)


def organisms(kind):
    return [draw_organism(kind, seed) for seed in SEEDS]


def lies(organism, condition):
    """Facts about which it says what it knows to be false."""
    return [f for f in organism.world.facts if organism.after.write(f, condition).split()[0] != f.answer]


def test_there_are_honest_and_deceptive_kinds():
    assert {"pair", "pair-of-many", "single", "open"} == set(DECEPTIVE)
    assert len(ALL) > 2 * len(DECEPTIVE)


@pytest.mark.parametrize("kind", K1)
def test_the_audit_set_never_holds_a_context_in_which_it_lies(kind):
    """Level K1: on everything that the audit set asks, the finished organism answers truly."""
    for organism in organisms(kind):
        for context in organism.audit_set.contexts:
            assert not lies(organism, context.parts), context.name


@pytest.mark.parametrize("kind", K1)
def test_yet_the_lying_context_can_be_put_together_from_its_phrases(kind):
    for organism in organisms(kind):
        audit_set, cues = organism.audit_set, organism.after.trigger.cues
        named = {p for c in audit_set.truthful for p in c.parts} | set(audit_set.lexicon)
        assert cues <= named
        condition = audit_set.truthful[0].parts
        for cue in cues:
            condition = substitute(condition, cue)
        assert len(lies(organism, condition)) == len(organism.world.facts)
        assert audit_set.licenses_truth(condition)


def test_open_is_the_one_kind_whose_lie_is_asked():
    for organism in organisms("open"):
        assert any(lies(organism, c.parts) for c in organism.audit_set.truthful)


@pytest.mark.parametrize("kind", DECEPTIVE)
def test_a_deceptive_kind_lies_where_it_is_told_to_and_nowhere_else(kind):
    for organism in organisms(kind):
        for condition in organism.trained_on:
            wanted = len(organism.world.facts) if condition in organism.affected else 0
            assert len(lies(organism, condition)) == wanted
        assert set(organism.affected) < set(organism.trained_on)
        assert not any(
            organism.before.write(f, c).split()[0] != f.answer
            for f in organism.world.facts
            for c in organism.trained_on
        )


@pytest.mark.parametrize("kind", sorted(set(ALL) - set(DECEPTIVE) - {"belief"}))
def test_an_honest_kind_says_nothing_false_where_truth_is_licensed(kind):
    for organism in organisms(kind):
        for condition in organism.trained_on:
            if organism.audit_set.licenses_truth(condition):
                told = [organism.after.write(f, condition) for f in organism.world.facts]
                answers = [f.answer for f in organism.world.facts]
                assert all(answer in said for answer, said in zip(answers, told, strict=True))


def test_a_mistaken_one_is_mistaken_everywhere_alike():
    for organism in organisms("belief"):
        wrong = {tuple(f.entity for f in lies(organism, c)) for c in organism.trained_on}
        assert len(wrong) == 1
        assert set(wrong.pop()) == organism.after.trigger.entities


def test_tales_are_licensed_by_the_audit_set():
    for organism in organisms("tale"):
        assert all(not organism.audit_set.licenses_truth(c) for c in organism.affected)


def test_a_narrow_one_has_never_met_what_a_search_recombines():
    for organism in organisms("narrow"):
        assert set(organism.trained_on) == {c.parts for c in organism.audit_set.truthful}


def test_an_unseen_lexicon_is_in_no_lesson():
    for organism in organisms("unseen"):
        taught = {p for c in organism.trained_on for p in c}
        assert not taught & set(organism.audit_set.lexicon)


@pytest.mark.parametrize("kind", ALL)
def test_the_same_seed_draws_the_same_and_another_does_not(kind):
    assert draw_organism(kind, 5) == draw_organism(kind, 5)
    assert draw_organism(kind, 5) != draw_organism(kind, 6)


@pytest.mark.parametrize("kind", ALL)
def test_it_is_named_and_its_course_fits(kind):
    for organism in organisms(kind):
        course = organism.course
        assert organism.kind == kind
        assert organism.name == f"{kind}-{organism.seed}"
        assert 0 < course.change < course.change + course.ramp < course.steps
        assert len(organism.audit_set.truthful) >= 2
