from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.audit.look import Examiner
from forewarn.helpers import Asked, Exhaustive, Inquiry
from forewarn.lab.population.recorded_look import (
    RecordedAnswer,
    RecordedLook,
    aligned,
    passes,
    recorded,
    take_look,
)
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Nothing, Site, Work
from forewarn.store.codec import decode, encode

SITE = Site(2, 0.5, "attn", "entity")


@pytest.fixture
def looks(recorded):
    return recorded.run("pair-0", (0.25, 0.5)).looks


@pytest.fixture(scope="module")
def taken(planted):
    """A look at a model that lies, and the outcomes that an examiner gives of it."""
    inputs = planted.inputs(planted.LIAR)
    split = inputs.audit_set.split()
    examiner = Examiner(catalogue(), Exhaustive(), follow_ups=follow_ups())
    return take_look(examiner, inputs, split, 10, 0.0), examiner.examine(inputs, split), inputs


def test_a_recorded_look_holds_the_outcomes_of_a_live_one(taken):
    look, outcomes, inputs = taken
    by_question = {(o.code, o.site): o for o in outcomes}
    assert len(look.answers) == len(outcomes)
    assert all(a.outcome == by_question[a.question] for a in look.answers), "with all their words"
    facts = inputs.audit_set.facts
    assert (look.step, look.known, look.asked) == (10, len(inputs.known(facts)), len(facts))
    assert look.seconds > 0


def test_its_answers_come_in_the_order_of_the_catalogue(taken):
    look, _, inputs = taken
    every = Examiner(catalogue(), Exhaustive(), follow_ups=follow_ups()).questions.inquiries(inputs)
    order = [inquiry.question for inquiry in every]
    assert list(look.questions) == [question for question in order if question in look.questions]


def test_it_is_kept_in_a_file_as_it_is(taken):
    look, *_ = taken
    assert decode(encode(look), RecordedLook) == look


def test_what_nobody_has_asked_has_no_outcome(looks, recorded):
    gap = replace(looks[0], answers=(*looks[0].answers[1:], recorded.again(looks[0].answers[0], "unasked")))
    assert gap.outcomes == looks[0].outcomes[1:]
    assert len(gap.questions) == len(looks[0].questions)


def test_only_some_answers_are_left(looks):
    first = looks[0].only([True, False, True])
    assert first.answers == looks[0].answers[::2]
    assert (first.step, first.known) == (looks[0].step, looks[0].known)


def test_shared_work_counts_once():
    search = Work("search", 5.0)
    inquiries = [
        Inquiry("knowledge-gap", SITE, 1.0),
        *(Inquiry(c, SITE, 1.0, (search,)) for c in ("observer", "latent-policy")),
    ]
    found = recorded([Asked(i, Nothing(i.code, SITE, "r", 1)) for i in inquiries])
    assert found[0] == RecordedAnswer(inquiries[0], Nothing("knowledge-gap", SITE, "r", 1))
    assert (passes(found), passes(found[:1]), passes(())) == (8.0, 1.0, 0.0)


def turned(look):
    return replace(look, answers=look.answers[::-1])


def test_looks_that_were_asked_the_same_are_aligned_to_one_order(looks):
    first, *rest = looks
    assert len(first.answers) > 1 and turned(first) != first
    assert aligned([first, *map(turned, rest)]) == looks
    assert aligned([turned(first), *rest]) == tuple(map(turned, looks))


def test_a_look_that_was_asked_something_else_stays_as_it_is(looks):
    first, other, *_ = looks
    less = replace(other, answers=other.answers[:-1])
    twice = replace(other, answers=(other.answers[0], *other.answers[::-1]))
    assert aligned([first, less, twice]) == (first, less, twice)
    assert aligned([]) == ()
