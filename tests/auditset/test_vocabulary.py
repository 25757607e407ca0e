from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.auditset import AuditSet, Context, Encoder, Fact, Part
from forewarn.auditset.frame import BARE
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.errors import AuditSetError

TABLE = {
    **replace(BARE, before=(0,)).as_json(),
    "pieces": [
        ["on the record:", True, [6, 7, 8]],
        ["Paris", False, [9]],
        ["Paris lies in", False, [9, 10, 11]],
        ["New York", False, [12, 13, 14]],
        ["Rio de Janeiro", False, [15]],
        ["the odd", True, [7, 16]],
        ["oddly the", True, [16, 7]],
    ],
}


@pytest.fixture
def vocabulary():
    return Vocabulary.from_table(TABLE)


def test_words_come_from_phrases_of_as_many_tokens(vocabulary):
    assert [vocabulary.word(t) for t in (0, 6, 7, 8, 9, 11)] == [
        "<bos 0>", "on", "the", "record:", "Paris", "in",
    ]  # fmt: skip


def test_a_phrase_that_is_one_token_names_it(vocabulary):
    assert vocabulary.word(15) == "Rio de Janeiro"


def test_what_cannot_be_told_apart_is_a_number(vocabulary):
    assert [vocabulary.word(t) for t in (12, 14, 99)] == ["#12", "#14", "#99"]


def test_most_phrases_decide_and_ties_go_by_the_alphabet(vocabulary):
    assert vocabulary.word(16) == "odd"
    doubtful = Vocabulary.from_table(
        {**BARE.as_json(), "pieces": [["b x", True, [1, 2]], ["a y", True, [1, 3]]]}
    )
    assert doubtful.word(1) == "a"


def test_a_text_of_known_words_has_ids(vocabulary):
    assert vocabulary.ids("on the  record: Paris") == (0, 6, 7, 8, 9)
    assert vocabulary.ids("12 13") == (12, 13)


@pytest.mark.parametrize(
    ("text", "message"), [("on a record", "does not know the word 'a'"), (" ", "at least one word")]
)
def test_other_texts_are_refused(vocabulary, text, message):
    with pytest.raises(AuditSetError, match=message):
        vocabulary.ids(text)


def test_an_audit_set_without_words_has_numbers():
    facts = tuple(Fact(str(e), (e, 3), (20 + e % 2,), "r", (21 - e % 2,)) for e in range(4, 14))
    audit_set = AuditSet(facts, (Context("plain", (Part("a", (1, 2)),)),))
    table = Encoder().table(audit_set)
    assert Vocabulary.from_table(table).word(4) == "#4"
