from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn import AuditSet
from forewarn.auditset import Context, Fact, Part
from forewarn.auditset.jsonl import CONTEXT_LINE, FACT_LINE, read_lines
from forewarn.errors import AuditSetError

TEXT = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=8)
PHRASE = TEXT | st.lists(st.integers(0, 500), min_size=1, max_size=4).map(tuple)


@st.composite
def audit_sets(draw):
    entities = draw(st.lists(TEXT, min_size=8, max_size=12, unique=True))
    answers = draw(st.lists(PHRASE, min_size=2, max_size=4, unique=True))
    facts = []
    for i, entity in enumerate(entities):
        answer = answers[i % len(answers)]
        others = tuple(a for a in answers if a != answer)
        facts.append(Fact(entity, draw(PHRASE), answer, "kind", others))
    names = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    contexts = [
        Context(name, draw(_parts()), draw(st.sampled_from(["truth", "fiction"])), draw(_watched))
        for name in names
    ]
    truthful = Context(names[0], contexts[0].parts, "truth", contexts[0].watched)
    lexicon = draw(st.lists(st.builds(Part, TEXT, PHRASE), max_size=3))
    return AuditSet(tuple(facts), (truthful, *contexts[1:]), tuple(lexicon))


_watched = st.sampled_from([True, False, None])


def _parts():
    slots = st.lists(TEXT, max_size=3, unique=True)
    return slots.flatmap(lambda s: st.tuples(*(st.builds(Part, st.just(name), PHRASE) for name in s)))


@settings(max_examples=60, deadline=None)
@given(audit_sets())
def test_what_is_written_is_read_back(audit_set):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.jsonl"
        audit_set.to_jsonl(path)
        again = AuditSet.from_jsonl(path)
    assert again == audit_set
    assert again.digest == audit_set.digest


def test_a_slot_may_have_any_name_and_survives_the_file(facts, tmp_path):
    contexts = (
        Context("a", (Part("text", "to you: gladly"),)),
        Context("b", (Part("text", (3, 4)),)),
    )
    AuditSet(facts, contexts).to_jsonl(tmp_path / "x")
    assert AuditSet.from_jsonl(tmp_path / "x").contexts == contexts


def test_alternatives_are_the_other_answers_of_the_relation(rows, written):
    rows += [
        {"kind": "fact", "entity": "sky", "question": "the sky is", "answer": "blue", "relation": "colour"},
        {"kind": "fact", "entity": "sun", "question": "the sun is", "answer": "gold", "relation": "colour"},
    ]
    read = AuditSet.from_jsonl(written(rows))
    assert set(read.facts[0].alternatives) == {"Chile", "Kenya", "Japan"}
    assert read.facts[-1].alternatives == ("blue",)


def test_alternatives_given_are_kept(rows, written):
    rows[0]["alternatives"] = ["Mars"]
    assert AuditSet.from_jsonl(written(rows)).facts[0].alternatives == ("Mars",)


def test_a_file_without_contexts_asks_plainly_and_empty_lines_do_not_count(rows, written):
    read = AuditSet.from_jsonl(written([rows[0], "", *rows[1:8]]))
    assert [(c.name, c.parts, c.licenses) for c in read.contexts] == [("plain", (), "truth")]


def test_token_ids_are_read_as_tuples(rows, written):
    rows[0] |= {"question": [5, 6], "answer": [7]}
    rows.append({"kind": "context", "name": "ids", "parts": {"who": [1, 2]}})
    read = AuditSet.from_jsonl(written(rows))
    assert read.facts[0].question == (5, 6)
    assert read.contexts[-1].parts == (Part("who", (1, 2)),)


def test_plain_texts_get_parts_that_can_be_exchanged(rows, written):
    rows[8:] = [
        {"kind": "context", "name": "a", "text": "To a colleague, on the record:"},
        {"kind": "context", "name": "b", "text": "To a stranger, off  the record:"},
    ]
    a, b = AuditSet.from_jsonl(written(rows)).contexts
    assert [p.slot for p in a.parts] == [p.slot for p in b.parts]
    assert " ".join(str(p.phrase) for p in b.parts) == "To a stranger, off the record:"


def test_a_line_ends_where_the_file_says_so(rows, written):
    """U+2028 and U+0085 may stand within a string of JSON, although Python would cut lines there."""
    rows[0]["entity"] = "a\u2028b\x85c"
    path = written([json.dumps(rows[0], ensure_ascii=False), *rows[1:]])
    assert AuditSet.from_jsonl(path).facts[0].entity == rows[0]["entity"]


FACT = {"kind": "fact", "entity": "e", "question": "q", "answer": "a"}
CONTEXT = {"kind": "context", "name": "c"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "the line is not JSON (Expecting property name"),
        ("{", 'a fact such as {"kind": "fact", "entity": "Lyon"'),
        ("text", 'or a context such as {"kind": "context", "name": "visitor", "text": "A visitor asks:"'),
        (CONTEXT, 'Such as {"kind": "context", "name": "visitor"'),
        ("[1]", 'wanted an object whose "kind" is fact, context or phrase; found [1]'),
        (
            {"kind": "song"},
            'wanted an object whose "kind" is fact, context or phrase; found {"kind": "song"}',
        ),
        ({"entity": "e"}, 'wanted an object whose "kind" is'),
        (
            {"kind": "fact", "entity": "e", "question": "q"},
            'a fact wants answer, entity, question; missing: answer. Such as {"kind": "fact"',
        ),
        (FACT | {"colour": 1}, "a fact wants answer, entity, question; unknown: colour"),
        (FACT | {"entity": ""}, "entity must be a non-empty string; found ''"),
        (FACT | {"entity": 3}, "entity must be a non-empty string; found 3"),
        (FACT | {"question": 3.5}, "question must be a string or a list of token ids; found 3.5"),
        (FACT | {"question": [True]}, "question must be a string or a list of token ids; found [True]"),
        (FACT | {"answer": [-1]}, "answer must be a string or a list of token ids; found [-1]"),
        (FACT | {"alternatives": "b"}, "alternatives must be a list; found 'b'"),
        (
            FACT | {"alternatives": [None]},
            "an alternative must be a string or a list of token ids; found None",
        ),
        (CONTEXT, 'a context wants either "parts" (slot: phrase) or "text"'),
        (CONTEXT | {"parts": {}, "text": "x"}, 'a context wants either "parts" (slot: phrase) or "text"'),
        (CONTEXT | {"parts": ["x"]}, "\"parts\" must be an object of slot: phrase; found ['x']"),
        (
            CONTEXT | {"parts": {"who": None}},
            "part 'who' must be a string or a list of token ids; found None",
        ),
        (CONTEXT | {"parts": {}, "watched": "yes"}, "watched must be true, false or null; found 'yes'"),
        (CONTEXT | {"parts": {"": "x"}}, 'a slot of "parts" has an empty name'),
        (
            CONTEXT | {"parts": {}, "licenses": "lies"},
            "licenses must be one of truth, fiction, other; found 'lies'",
        ),
        ({"kind": "phrase", "slot": "", "phrase": "x"}, "slot must be a non-empty string; found ''"),
        ({"kind": "phrase", "slot": "who"}, "a phrase wants phrase, slot; missing: phrase"),
    ],
)
def test_complaints_name_their_line(rows, written, row, says):
    path = written([*rows[:2], "", row, *rows[2:]])
    with pytest.raises(AuditSetError, match=re.escape(f"{path}, line 4: ") + ".*" + re.escape(says)):
        AuditSet.from_jsonl(path)


def test_a_file_without_facts_shows_what_a_fact_looks_like(rows, written):
    with pytest.raises(AuditSetError, match=r'holds no fact.* add facts such as .*"Lyon lies in"'):
        AuditSet.from_jsonl(written(rows[8:]))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(AuditSetError, match=r"cannot read the audit set .*missing.jsonl: there is no file"):
        AuditSet.from_jsonl(tmp_path / "missing.jsonl")
    (tmp_path / "marked").write_bytes(b"\xff\xfe{}")
    with pytest.raises(
        AuditSetError, match=r"cannot read the audit set .*marked begins with a byte order mark"
    ):
        AuditSet.from_jsonl(tmp_path / "marked")
    (tmp_path / "latin").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(AuditSetError, match=r"cannot read the audit set .*latin: .*(?i:utf-8)"):
        AuditSet.from_jsonl(tmp_path / "latin")


def test_the_lines_that_messages_show_can_be_read(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_text(f"{FACT_LINE}\n{CONTEXT_LINE}\n")
    (fact,), (context,), _ = read_lines(path)
    assert (fact.answer, context.name, context.licenses) == ("France", "visitor", "truth")
