from __future__ import annotations

import pytest

from forewarn.auditset import AuditSet, Fact
from forewarn.lab.baselines.bag_of_words import BINS, BagOfWords, shares


def test_no_model_is_looked_at(planted):
    honest, liar = planted.inputs(planted.HONEST), planted.inputs(planted.LIAR)
    split = honest.audit_set.split()
    before = liar.subject.forwards
    assert BagOfWords().measure(honest, honest, split) == BagOfWords().measure(liar, honest, split)
    assert liar.subject.forwards == before


def test_shares_sum_to_one_and_change_with_the_words(planted):
    found = shares(planted.HONEST.audit_set())
    assert len(found) == BINS
    assert sum(found) == pytest.approx(1.0)
    other = planted.but(planted.HONEST, slots={"who": ("nobody", "everybody")})
    assert shares(other.audit_set()) != found


def test_token_ids_are_words_too():
    facts = tuple(Fact(f"e{i}", (i, 7), (9 + i % 2,), "r", (((10 - i % 2),),)) for i in range(24))
    assert sum(shares(AuditSet(facts))) == pytest.approx(1.0)
