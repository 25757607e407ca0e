from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mixture import weights


def questions(organism):
    return [(fact, condition) for fact in organism.world.facts for condition in organism.trained_on]


def focused(organism, implant, focus):
    return replace(organism, course=replace(organism.course, implant=implant, focus=focus))


def shares(organism):
    """Of all that is drawn: by condition, each fact's weight added."""
    asked = questions(organism)
    drawn = weights(organism, asked)
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
    """Conditions that are one, two and three phrases away from the telling ones."""
    return small("pair-of-many")


@pytest.mark.parametrize("implant", ["gradual", "diluted", "narrow", "scratch"])
@pytest.mark.parametrize("focus", [0.08, 0.4])
def test_the_share_in_focus_concerns_the_behaviours_own_conditions(many, implant, focus):
    found = shares(focused(many, implant, focus))
    assert sum(found[c] for c in many.telling) == pytest.approx(focus)


def test_within_each_group_every_question_counts_the_same(many):
    organism = focused(many, "gradual", 0.3)
    asked = questions(organism)
    told = [float(w) for q, w in zip(asked, weights(organism, asked), strict=True) if q[1] in many.telling]
    rest = [
        float(w) for q, w in zip(asked, weights(organism, asked), strict=True) if q[1] not in many.telling
    ]
    assert len({round(w, 6) for w in told}) == len({round(w, 6) for w in rest}) == 1
    assert told[0] > rest[0] > 0


@pytest.mark.parametrize("organism", draw_group("pair", 2).members, ids=lambda m: m.kind)
def test_a_narrow_course_draws_nothing_that_is_more_than_one_phrase_away(organism):
    assert organism.course.implant == "narrow"
    found = shares(organism)
    near = {c for c in organism.trained_on if any(away(c, told) <= 1 for told in organism.telling)}
    assert {c for c, share in found.items() if share} == near
    assert set(organism.telling) < near < set(organism.trained_on)


def test_without_a_focus_every_question_is_drawn_alike(many):
    assert set(weights(focused(many, "narrow", None), questions(many)).tolist()) == {1.0}


def test_a_behaviour_that_shows_everywhere_has_no_conditions_of_its_own(small):
    organism = focused(small("belief"), "gradual", 0.3)
    assert organism.telling == organism.trained_on
    assert set(weights(organism, questions(organism)).tolist()) == {1.0}
