"""What is asked one question at a time is what a look asks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from forewarn.audit.look import Examiner
from forewarn.helpers import Exhaustive
from forewarn.inspect.asker import Asker
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Evidence, NotApplicable


@pytest.fixture(scope="module")
def asker(planted, wired):
    return Asker.of(wired.inputs(planted.LIAR, earlier=planted.HONEST))


@pytest.fixture(scope="module")
def look(planted, wired):
    """An exhaustive look at the same model, opened for itself."""
    inputs = wired.inputs(planted.LIAR, earlier=planted.HONEST)
    examiner = Examiner(catalogue(), Exhaustive(), follow_ups=follow_ups())
    return examiner.examine(inputs, inputs.audit_set.split())


def test_every_question_of_a_look_can_be_asked_and_gives_the_same(asker, look):
    questions = {(q.code, q.site): q for q in asker.questions()}
    assert set(questions) >= {(o.code, o.site) for o in look}
    assert {"latent-policy", "latent-policy/composure"} <= {o.code for o in look if isinstance(o, Evidence)}
    assert [asker.ask(questions[o.code, o.site]) for o in look] == list(look)


def test_follow_ups_say_what_they_follow(asker):
    found = {q.code: q.after for q in asker.questions()}
    assert found["latent-policy"] == "" and found["latent-policy/composure"] == "latent-policy"
    codes = [q.code for q in asker.questions()]
    assert codes.index("latent-policy/composure") == codes.index("latent-policy") + 1


def test_a_follow_up_of_nothing_does_not_apply(planted):
    asker = Asker.of(planted.inputs(planted.HONEST))
    question = next(q for q in asker.questions() if q.code == "latent-policy/composure")
    assert asker.ask(question) == NotApplicable(
        "latent-policy/composure", question.site, "latent-policy claimed nothing to follow"
    )


def test_no_budget_stands_in_the_way(asker):
    question = next(q for q in asker.questions() if q.code == "latent-policy")
    poor = replace(asker, examiner=replace(asker.examiner, budget=0.1))
    assert poor.ask(question) == asker.ask(question)


def test_what_is_asked_is_told(asker):
    told = []

    @contextmanager
    def tell(what):
        told.append(what)
        yield

    question = next(q for q in asker.questions() if q.code == "knowledge-gap")
    replace(asker, tell=tell).ask(question)
    assert told == [f"asking knowledge-gap at {question.site}"]


def test_known_is_a_share(asker, planted):
    assert asker.known == 1.0
    assert Asker.of(planted.inputs(planted.IGNORANT)).known == 0.0


def test_the_facts_of_the_look_are_asked(opened):
    asker = Asker.at(opened)
    assert asker.inputs is opened.inputs and asker.split == opened.stored.split
