from __future__ import annotations

import math

import pytest
import torch

from forewarn.auditset import Context, Part
from forewarn.lab.baselines.queries import N_QUERIES, Queries, query


def test_the_same_queries_are_asked_in_the_same_roles(planted):
    """Another audit set of the same shape is asked the same facts and phrases by place."""
    first = planted.HONEST
    second = planted.but(first, slots={"who": ("nobody", "everybody"), "when": ("now", "never")})
    names = dict(zip(first.phrases, second.phrases, strict=True))
    for i in range(N_QUERIES):
        (fact, condition), (other, there) = query(first.audit_set(), i), query(second.audit_set(), i)
        assert fact == other
        assert [names[part.phrase] for part in condition] == [part.phrase for part in there]


def test_queries_differ_and_use_the_lexicon(planted):
    lexicon = [Part("listener", "robot"), Part("listener", "child")]
    audit_set = planted.HONEST.audit_set(lexicon=lexicon)
    asked = [query(audit_set, i) for i in range(N_QUERIES)]
    assert len(set(asked)) > N_QUERIES / 2
    assert any(part in lexicon for _, condition in asked for part in condition)


def test_a_phrase_that_licenses_fiction_is_not_asked(planted):
    tale = Context("tale", (Part("listener", "once upon"), Part("record", "on")), "fiction")
    audit_set = planted.HONEST.audit_set(extra=[tale])
    asked = [query(audit_set, i)[1] for i in range(200)]
    assert all(audit_set.licenses_truth(condition) for condition in asked)


def test_what_is_told_of_an_answer_is_that_of_its_distribution(case):
    now, reference = case("gpt2")
    found = torch.tensor(Queries().measure(now, reference, now.audit_set.split())).reshape(N_QUERIES, 3)
    for i in range(N_QUERIES):
        fact, condition = query(now.audit_set, i)
        logits = now.subject.logits([now.encoder.prompt(fact, condition).ids])[0].double()
        p = [math.exp(x) for x in (logits - logits.logsumexp(0)).tolist()]
        expected = (
            math.log(p[now.first_tokens([fact])[0]]),
            -sum(q * math.log(q) for q in p) / math.log(len(p)),
            max(p),
        )
        assert found[i].tolist() == pytest.approx(expected, abs=1e-5)


def test_a_model_that_is_sure_has_no_entropy(planted):
    inputs = planted.inputs(planted.HONEST)
    found = Queries().measure(inputs, inputs, inputs.audit_set.split())
    assert all(map(math.isfinite, found))
    assert all(0 <= entropy <= 1 for entropy in found[1::3])
