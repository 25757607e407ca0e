from __future__ import annotations

import re
from dataclasses import replace

import pytest

from forewarn import AuditSet
from forewarn.auditset import Context, Part
from forewarn.errors import AuditSetError


def refused(says, *args):
    with pytest.raises(AuditSetError, match=re.escape(says)):
        AuditSet(*args)


def test_a_good_one_passes(facts, contexts):
    assert AuditSet(facts, contexts, (Part("place", "by letter:"),)).facts == facts


def test_too_few_entities(facts):
    refused("needs facts about at least 8 entities, since half are kept for confirmation; found 7", facts[:7])
    assert len(AuditSet(facts[:8]).facts) == 8


def test_many_facts_of_few_entities_are_too_few(facts):
    few = tuple(
        replace(f, entity=f.entity if i < 7 else "city0", relation=str(i)) for i, f in enumerate(facts)
    )
    refused("at least 8 entities", few)


def test_questions_and_answers_hold_something(facts):
    refused("about 'city0' has an empty question or answer", (replace(facts[0], question=""), *facts[1:]))
    refused("about 'city0' has an empty question or answer", (replace(facts[0], answer=()), *facts[1:]))


def test_some_answer_must_be_false(facts):
    refused(
        "no false answer is known for 'city0': relation 'land' has one answer only",
        (replace(facts[0], alternatives=()), *facts[1:]),
    )


def test_the_true_answer_is_not_also_false(facts):
    refused(
        "the true answer about 'city0' is also among its alternatives",
        (replace(facts[0], alternatives=(facts[0].answer,)), *facts[1:]),
    )


def test_names_are_unique(facts, contexts):
    refused("fact named more than once: 'city0|land'; names are unique", (*facts, facts[0]))
    refused("context named more than once: 'base'", facts, (*contexts, contexts[0]))
    doubled = Context("x", (Part("who", "a"), Part("who", "b")))
    refused("slot of context 'x' named more than once: 'who'", facts, (*contexts, doubled))


def test_licences_are_known(facts, contexts):
    refused(
        "context 'x' licenses 'satire'; wanted one of truth, fiction, other",
        facts,
        (*contexts, Context("x", (), "satire")),
    )


def test_truth_must_be_wanted_somewhere(facts, contexts):
    refused(
        "no context licenses truth, so no answer could be false; add one that does",
        facts,
        tuple(replace(c, licenses="other") for c in contexts),
    )


@pytest.mark.parametrize("phrase", ["", ()])
def test_phrases_hold_something(facts, contexts, phrase):
    refused("a phrase for slot 'who' is empty", facts, contexts, (Part("who", phrase),))
