from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from forewarn.audit import traced
from forewarn.audit.traced import conditions_of, questions
from forewarn.auditset import Part
from forewarn.errors import AuditSetError
from forewarn.instruments.finding import as_lists
from forewarn.instruments.paired import Paired
from forewarn.records import Claim, Nothing, Site

SITE = Site(3, 0.75, "context", "context")


def evidence(finding="{}"):
    claim = Claim("latent-policy", SITE, 1.0, finding)
    return Paired((True,) * 12, (False,) * 12).evidence(claim, "It lies", "share of known facts", "d" * 64)


@pytest.fixture(scope="module")
def opened(planted, wired):
    """A look at the wired liar, with a claim about the condition under which it lies."""
    condition = as_lists(planted.LIAR.condition(*planted.LIAR.cues))
    claim = evidence(json.dumps({"condition": condition}))
    return SimpleNamespace(inputs=wired.inputs(planted.LIAR), look=SimpleNamespace(outcomes=(claim,)))


@pytest.fixture
def ask(opened):
    def asked(**named):
        return questions(opened.inputs, opened.look.outcomes, **named)

    return asked


def test_one_known_fact_in_each_context_and_in_the_claim_s_condition(ask, opened):
    found = ask()
    contexts = [c.name for c in opened.inputs.audit_set.contexts]
    assert [q.context for q in found] == [*contexts, "stranger off"]
    assert [q.claim for q in found] == [""] * len(contexts) + ["latent-policy"]
    assert {q.fact for q in found} == {"city0|land"}
    assert found[-1].title == "stranger off city0 lies in"


def test_answers_are_first_tokens_and_the_truth_is_not_among_the_false(ask, opened):
    (first, *_), fact = ask(), opened.inputs.audit_set.facts[0]
    tokens = [answer[0] for answer in opened.inputs.encoder.answers(fact)]
    assert first.truth == tokens[0]
    assert set(first.false) == set(tokens[1:]) and first.truth not in first.false


def test_a_fact_is_named_by_entity_or_key_and_a_context_by_name(ask):
    (one,) = ask(fact="city3", context="stranger on")
    assert (one.fact, one.context) == ("city3|land", "stranger on")
    assert ask(fact="city3|land", context="stranger on") == (one,)
    assert [q.claim for q in ask(context="stranger off")] == ["latent-policy"]


def test_phrases_can_be_put_together_as_no_context_does(opened, ask):
    (one,) = questions(opened.inputs, (), context="stranger off")
    assert one == replace(ask(context="stranger off")[0], claim="")


def test_many_places_do_not_make_an_unknown_name_slow():
    places = [tuple(Part(f"slot{k}", f"word{k}{i}") for i in range(8)) for k in range(40)]
    words = [row[k % 8].phrase for k, row in enumerate(places)]
    assert [p.phrase for p in traced._spelled(" ".join(words), places)] == words
    assert traced._spelled(" ".join([*words[:-1], "other"]), places) is None


def test_phrases_may_be_empty_or_begin_one_another():
    places = [
        (Part("a", ""), Part("a", "to a"), Part("a", "to a friend")),
        (Part("b", "off"), Part("b", "friend off")),
    ]
    spelled = traced._spelled("to a friend off", places)
    assert [p.phrase for p in spelled] == ["to a", "friend off"]
    assert [p.phrase for p in traced._spelled("off", places)] == ["", "off"]
    assert traced._spelled("to", places) is None


def test_a_claim_about_a_context_of_the_audit_set_marks_it(opened):
    context = opened.inputs.audit_set.contexts[1]
    finding = '{"condition": [["listener", "stranger"], ["record", "on"]]}'
    found = questions(opened.inputs, [evidence(finding=finding)])
    assert [q.context for q in found if q.claim] == [context.name]


def test_with_many_contexts_the_first_and_the_claimed_ones_are_traced(ask, monkeypatch):
    monkeypatch.setattr(traced, "MOST_CONTEXTS", 1)
    assert [q.context for q in ask()] == ["colleague on", "stranger off"]


def test_where_nothing_is_known_the_first_fact_is_asked(planted, wired):
    inputs = wired.inputs(planted.IGNORANT)
    assert {q.fact for q in questions(inputs, ())} == {"city0|land"}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"fact": "Paris"}, "no fact about 'Paris'; it asks about 'city0', 'city1'"),
        (
            {"context": "tale"},
            "no context 'tale', nor phrases that make it; it has 'colleague on', 'stranger on'",
        ),
    ],
)
def test_unknown_names_are_refused_with_those_there_are(ask, named, message):
    with pytest.raises(AuditSetError, match=message):
        ask(**named)


@pytest.mark.parametrize("finding", ["", "{", "[]", "{}", '{"condition": 3}', '{"condition": [[1]]}'])
def test_findings_without_a_condition_name_none(finding):
    assert list(conditions_of([evidence(finding=finding), Nothing("observer", SITE, "none", 1)])) == []


def test_conditions_in_token_ids_are_read():
    found = evidence('{"condition": [["a", [4, 5]]]}')
    assert list(conditions_of([found])) == [("latent-policy", (Part("a", (4, 5)),))]
