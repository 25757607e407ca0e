from __future__ import annotations

import pytest

from forewarn.lab.organisms.course import TrainingCourse


@pytest.mark.parametrize(
    ("step", "share"), [(0, 0.0), (100, 0.0), (101, 0.02), (125, 0.5), (150, 1.0), (200, 1.0)]
)
def test_the_new_policy_comes_in_by_a_ramp(step, share):
    assert TrainingCourse(200, 100, 50).share_of_after(step) == pytest.approx(share)


def test_without_a_ramp_it_comes_at_once():
    course = TrainingCourse(200, 100, 0)
    assert (course.share_of_after(100), course.share_of_after(101)) == (0.0, 1.0)


def test_the_share_never_falls():
    shares = [TrainingCourse(90, 30, 41).share_of_after(step) for step in range(91)]
    assert shares == sorted(shares)


def test_every_word_that_it_is_taught_or_asked_is_in_its_vocabulary(small):
    for kind in ("single", "tale", "format", "unseen"):
        organism = small(kind)
        words = set(organism.words)
        for policy in (organism.before, organism.after):
            for condition in organism.trained_on:
                for fact in organism.world.facts:
                    assert set(policy.write(fact, condition).split()) <= words
                assert all(set(p.phrase.split()) <= words for p in condition)
        assert all(set(p.phrase.split()) <= words for p in organism.audit_set.lexicon)
