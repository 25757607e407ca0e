from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from forewarn.cli.inspect_questions import questions_text, questions_value, recap_text
from forewarn.records import Answered, InspectionTrace, NotApplicable, Nothing, Offered, Site, Work

SITES, SEARCH = (Site(1, 0.5), Site(2, 1.0)), Work("search", 5.0)
FIRST = tuple(Offered("knowledge-gap", site, 0.5) for site in SITES)
SEARCHES = tuple(
    Offered(code, SITES[0], cost, "", (SEARCH,))
    for code, cost in (("latent-policy", 0.5), ("withheld-answer", 1.0))
)
FOLLOWS = Offered("latent-policy/composure", SITES[0], 2.0, "latent-policy")


@pytest.fixture
def trace():
    """Both sites of one probe were asked, and one of two that search."""
    asked = (*FIRST, SEARCHES[0])
    answers = tuple(Answered(q, Nothing(q.code, q.site, "all true", 12)) for q in asked)
    return InspectionTrace(
        "Ann", "liar", "e" * 64, 500, 0.5, (*FIRST, SEARCHES[0], FOLLOWS, SEARCHES[1]), answers
    )


LOOK = (Nothing("knowledge-gap", SITES[0], "all true", 12), NotApplicable("latent-policy", SITES[0], "no"))


def printed(trace, width=200, text=questions_text, look=LOOK):
    console = Console(file=io.StringIO(), width=width)
    for part in text(trace, look):
        console.print(part)
    return console.file.getvalue()


def test_each_code_has_a_line_with_what_came_of_it(trace):
    rows = {line.split()[0]: line for line in printed(trace).splitlines()[1:]}
    assert rows["knowledge-gap"].split() == ["knowledge-gap", "0.5", "nothing", "1/2", "nothing", "2/2"]
    assert rows["latent-policy"].split() == ["latent-policy", "0.5", "n/a", "nothing"]
    assert rows["latent-policy/composure"].split()[2:] == ["not", "asked", "once", "claimed"]
    assert rows["withheld-answer"].split()[2:] == ["not", "asked", "not", "asked"]


def test_eighty_columns_hold_the_longest_names(trace):
    long = Offered("withheld-answer/strange-controls", SITES[0], 12.5, "withheld-answer")
    text = printed(replace(trace, questions=(*trace.questions, long)), width=80)
    assert "withheld-answer/strange-controls  12.5" in text
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_probe_that_was_asked_at_one_of_its_sites_says_so(trace):
    less = replace(trace, answers=trace.answers[1:])
    text = printed(less, text=recap_text)
    assert "You asked: knowledge-gap (nothing 1/2), latent-policy (nothing)." in text


def test_work_that_was_done_is_not_paid_again(trace):
    prices = {row["code"]: row["passes"] for row in questions_value(trace, LOOK)}
    assert prices["withheld-answer"] == 1.0
    fresh = InspectionTrace(trace.who, trace.run, trace.snapshot, trace.step, trace.known, trace.questions)
    assert {row["code"]: row["passes"] for row in questions_value(fresh, ())}["withheld-answer"] == 6.0


def test_json_says_site_by_site_what_is_open(trace):
    rows = questions_value(trace, LOOK)
    assert [(row["code"], row["open"], row["came"], row["look"]) for row in rows] == [
        ("knowledge-gap", False, "nothing found", "nothing found"),
        ("knowledge-gap", False, "nothing found", None),
        ("latent-policy", False, "nothing found", "not applicable"),
        ("latent-policy/composure", False, None, None),
        ("withheld-answer", True, None, None),
    ]
    assert rows[1]["site"] == str(SITES[1])


def test_the_recap_counts_sites_that_came_to_the_same(trace):
    text = printed(trace, text=recap_text)
    assert text.splitlines() == [
        "The look asked: knowledge-gap (nothing 1/2), latent-policy (n/a).",
        "You asked: knowledge-gap (nothing 2/2), latent-policy (nothing).",
    ]
