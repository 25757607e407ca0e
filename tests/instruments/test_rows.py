from __future__ import annotations

import logging

import pytest

from forewarn.auditset import Answer
from forewarn.instruments.paired import Paired, counted, restored
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.replies import Exhibit, Replies
from forewarn.instruments.rows import MOST_ROWS, rows_of
from forewarn.records import Reply


@pytest.fixture
def liar(planted):
    """A liar whose look before was honest."""
    return with_past(planted, planted.HONEST)


def with_past(planted, past, **more):
    now = planted.inputs(planted.LIAR)
    before = None if past is None else lambda: planted.inputs(past).subject
    return ProbeInputs(now.subject, now.audit_set, now.encoder, before=before, **more)


def measured(inputs, plant, n=24):
    facts = plant.facts[:n]
    lying, control = plant.condition("stranger", "off"), plant.condition("stranger")
    return counted(inputs, [(f, lying) for f in facts], [(f, control) for f in facts], Answer.FALSE)


def test_a_row_says_what_was_asked_and_written(liar, planted):
    row = rows_of(liar, measured(liar, planted.LIAR))[0]
    assert (row.fact, row.question, row.truth) == ("city0|land", "city0 lies in", "land0")
    assert row.under == Reply("stranger off", "land1", "false")
    assert row.control == Reply("stranger on", "land0", "true")
    assert row.before == Reply("stranger off", "land0", "true")
    assert row.untouched is None


def test_they_cost_one_batch_of_the_look_before_and_nothing_now(liar, planted):
    found = measured(liar, planted.LIAR)
    now, asked = liar.subject.forwards, []
    liar.last_clear.replies = lambda questions, ask=liar.last_clear.replies: (
        asked.append(questions) or ask(questions)
    )
    rows_of(liar, found)
    assert liar.subject.forwards == now
    assert [len(questions) for questions in asked] == [24]


def test_what_is_no_more_than_chance_does_not_open_the_look_before(planted):
    def never():
        raise AssertionError("the look before was opened")

    now = planted.inputs(planted.HONEST)
    inputs = ProbeInputs(now.subject, now.audit_set, now.encoder, before=never)
    rows = rows_of(inputs, measured(inputs, planted.HONEST, 6))
    assert len(rows) == 6
    assert {row.before for row in rows} == {None}
    assert {row.under.answer for row in rows} == {"true"}


def test_at_a_first_look_nothing_is_said_of_a_look_before(planted):
    inputs = with_past(planted, None)
    rows = rows_of(inputs, measured(inputs, planted.LIAR))
    assert rows and {row.before for row in rows} == {None}


def test_a_look_before_that_cannot_be_opened_costs_its_column_only(planted, caplog):
    def gone():
        raise OSError("gone")

    now = planted.inputs(planted.LIAR)
    inputs = ProbeInputs(now.subject, now.audit_set, now.encoder, before=gone)
    with caplog.at_level(logging.WARNING, "forewarn"):
        rows = rows_of(inputs, measured(inputs, planted.LIAR))
        rows_of(inputs, measured(inputs, planted.LIAR))
    assert len(rows) == 24 and {row.before for row in rows} == {None}
    assert [r.getMessage() for r in caplog.records] == [
        "forewarn could not open the last clear look to show its answers: gone"
    ]


def test_the_last_clear_look_is_asked_where_it_is_not_the_look_before(planted):
    now, honest = planted.inputs(planted.LIAR), planted.inputs(planted.HONEST)
    kept = {"before": lambda: now.subject, "clear": lambda: honest.subject}
    inputs = ProbeInputs(now.subject, now.audit_set, now.encoder, **kept)
    assert {row.before.answer for row in rows_of(inputs, measured(inputs, planted.LIAR))} == {"true"}
    none = ProbeInputs(now.subject, now.audit_set, now.encoder, **kept | {"clear": lambda: None})
    assert {row.before for row in rows_of(none, measured(none, planted.LIAR))} == {None}


def test_what_cannot_be_put_into_words_costs_the_rows_and_not_the_claim(planted, caplog):
    def dumb(tokens):
        raise ValueError("no words")

    inputs = with_past(planted, planted.HONEST, words=dumb)
    with caplog.at_level(logging.WARNING, "forewarn"):
        assert rows_of(inputs, measured(inputs, planted.LIAR)) == ()
    assert "could not keep the rows of a claim: ValueError: no words" in caplog.text


def test_where_no_answers_were_counted_there_are_no_rows(liar):
    assert rows_of(liar, Paired((True,), (False,))) == ()


def test_those_that_show_the_claim_come_first_and_the_rest_is_cut(planted):
    plant = planted.but(planted.LIAR, entities=40)
    inputs = planted.inputs(plant)
    facts, lying = plant.facts, plant.condition("stranger", "off")
    halves = [(f, lying if i % 2 else plant.base) for i, f in enumerate(facts)]
    found = counted(inputs, halves, [(f, plant.base) for f in facts], Answer.FALSE)
    rows = rows_of(inputs, found)
    assert (len(rows), found.n) == (MOST_ROWS, 40)
    assert [row.under.answer for row in rows] == ["false"] * 20 + ["true"] * 4
    assert [row.fact for row in rows[:2]] == ["city1|land", "city3|land"]


def test_of_a_change_inside_the_answer_without_it_is_shown_too(liar, planted):
    plant = planted.LIAR
    facts, lying = plant.facts[:12], plant.condition("stranger", "off")
    untouched = Replies.asked(liar, [(f, lying) for f in facts])
    honest = tuple(liar.replies([(f, plant.base) for f in facts]))
    changed = Replies(facts, (lying,) * 12, honest, "8 neurons held")
    other = Replies(facts, (lying,) * 12, untouched.written, "8 other neurons held")
    row = rows_of(liar, restored(Answer.FALSE, untouched, changed, other))[0]
    assert row.untouched == Reply("stranger off", "land1", "false")
    assert row.under == Reply("stranger off, 8 neurons held", "land0", "true")
    assert row.control == Reply("stranger off, 8 other neurons held", "land1", "false")
    assert row.before == Reply("stranger off", "land0", "true")


def test_what_stands_before_an_answer_and_what_is_none_is_written_out(planted):
    inputs, fact, condition = planted.inputs(planted.LIAR), planted.LIAR.facts[0], planted.LIAR.base
    ids = planted.Words(planted.LIAR.words).ids

    def shown(*written, words=None):
        asked = ProbeInputs(inputs.subject, inputs.audit_set, inputs.encoder, words=words)
        replies = Replies((fact,), (condition,), ((written, Answer.OTHER),))
        return rows_of(asked, Paired((True,), (False,), Exhibit(replies, replies)))[0].under.words

    assert shown(ids["city3"], ids["land2"], ids["."], -1) == "city3 land2"
    assert shown(ids["city3"], ids["city4"]) == "city3 city4"
    assert shown(-1, -1) == "(nothing)"
    assert shown(ids["city3"], words=lambda tokens: "a\x1b[31m\n b") == "a\N{REPLACEMENT CHARACTER}[31m b"
