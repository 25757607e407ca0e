from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from forewarn.cli.inspect_questions import questions_text, questions_value, recap
from forewarn.records import Answered, Nothing, Offered, Site, Trace, Work

SITES, SEARCH = (Site(1, 0.5), Site(2, 1.0)), Work("search", 5.0)
FIRST = tuple(Offered("TP001", site, 0.5) for site in SITES)
SEARCHES = tuple(
    Offered(code, SITES[0], cost, "", (SEARCH,)) for code, cost in (("TP003", 0.5), ("TP009", 1.0))
)
FOLLOWS = Offered("TP003.FU001", SITES[0], 2.0, "TP003")


@pytest.fixture
def trace():
    """Both sites of one probe were asked, and one of two that search."""
    asked = (*FIRST, SEARCHES[0])
    answers = tuple(Answered(q, Nothing(q.code, q.site, "all true", 12)) for q in asked)
    return Trace("Ann", "liar", "e" * 64, 500, 0.5, (*FIRST, SEARCHES[0], FOLLOWS, SEARCHES[1]), answers)


def printed(trace):
    console = Console(file=io.StringIO(), width=200)
    for part in questions_text(trace):
        console.print(part)
    return console.file.getvalue()


def test_each_code_has_a_line_with_what_came_of_it(trace):
    rows = {line.split()[0]: line for line in printed(trace).splitlines()[1:]}
    assert "knowledge gap" in rows["TP001"] and rows["TP001"].rstrip().endswith(
        "nothing found (2 of 2 sites)"
    )
    assert rows["TP003.FU001"].rstrip().endswith("follows TP003")
    assert rows["TP009"].rstrip().endswith("not asked")


def test_a_probe_that_was_asked_at_one_of_its_sites_says_so(trace):
    less = replace(trace, answers=trace.answers[1:])
    assert recap(less) == "TP001 nothing found (1 of 2 sites); TP003 nothing found"


def test_work_that_was_done_is_not_paid_again(trace):
    prices = {row["code"]: row["passes"] for row in questions_value(trace)}
    assert prices["TP009"] == 1.0
    fresh = Trace(trace.who, trace.run, trace.snapshot, trace.step, trace.known, trace.questions)
    assert {row["code"]: row["passes"] for row in questions_value(fresh)}["TP009"] == 6.0


def test_json_says_site_by_site_what_is_open(trace):
    rows = questions_value(trace)
    assert [(row["code"], row["open"], row["came"]) for row in rows] == [
        ("TP001", False, "nothing found"),
        ("TP001", False, "nothing found"),
        ("TP003", False, "nothing found"),
        ("TP003.FU001", False, None),
        ("TP009", True, None),
    ]
    assert rows[1]["site"] == str(SITES[1])


def test_the_recap_counts_sites_that_came_to_the_same(trace):
    assert recap(trace) == "TP001 nothing found (2 of 2 sites); TP003 nothing found"
