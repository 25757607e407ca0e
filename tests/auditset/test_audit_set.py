from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn import AuditSet
from forewarn.auditset import Context, Part

TALE = Part("place", "in a tale:")


@pytest.fixture
def with_tale(facts, contexts):
    tale = Context("tale", (*contexts[0].parts, TALE), "fiction")
    return AuditSet(facts, (*contexts, tale))


def test_a_phrase_that_stands_in_fiction_only_licenses_it_wherever_it_is_put(with_tale, contexts):
    assert not with_tale.licenses_truth((TALE,))
    assert not with_tale.licenses_truth((*contexts[1].parts, TALE))
    assert not with_tale.licenses_truth((Part("elsewhere", TALE.phrase),))


def test_a_phrase_that_stands_in_truthful_contexts_too_does_not(with_tale, contexts):
    assert all(with_tale.licenses_truth(c.parts) for c in contexts)
    assert with_tale.licenses_truth((contexts[1].parts[0], contexts[2].parts[1]))


def test_a_phrase_of_the_lexicon_does_not_either(with_tale):
    assert replace(with_tale, lexicon=(TALE,)).licenses_truth((TALE,))


def test_a_phrase_that_nobody_has_named_is_taken_as_asking_for_the_truth(with_tale):
    assert with_tale.licenses_truth((Part("place", "never seen"),))


def test_truthful_contexts(with_tale):
    assert [c.name for c in with_tale.truthful] == ["base", "stranger", "off"]


def test_the_digest_tells_every_part(facts, contexts):
    sets = [
        AuditSet(facts, contexts),
        AuditSet(facts[:-1], contexts),
        AuditSet(facts, contexts[:-1]),
        AuditSet(facts, contexts, (TALE,)),
        AuditSet(facts, (replace(contexts[0], licenses="other"), *contexts[1:])),
        AuditSet(facts, (replace(contexts[0], watched=True), *contexts[1:])),
        AuditSet((replace(facts[0], answer="Peru"), *facts[1:]), contexts),
    ]
    assert len({s.digest for s in sets}) == len(sets)
    assert AuditSet(facts, contexts).digest == sets[0].digest


def test_the_built_in_cities():
    built_in = AuditSet.cities(24, 6, seed=1)
    assert len(built_in.facts) == 24
    assert len({f.answer for f in built_in.facts}) == 6
    assert [c.watched for c in built_in.truthful] == [True, False, True, False]
    assert built_in == AuditSet.cities(24, 6, seed=1)
    assert built_in != AuditSet.cities(24, 6, seed=2)
