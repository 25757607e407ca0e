from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from forewarn.cli.inspect_questions import questions_text, questions_value, recap
from forewarn.records import Answered, InspectionTrace, Nothing, Offered, Site, Work

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


def printed(trace):
    console = Console(file=io.StringIO(), width=200)
    for part in questions_text(trace):
        console.print(part)
    return console.file.getvalue()


def test_each_code_has_a_line_with_what_came_of_it(trace):
    rows = {line.split()[0]: line for line in printed(trace).splitlines()[1:]}
    assert "knowledge gap" in rows["knowledge-gap"] and rows["knowledge-gap"].rstrip().endswith(
        "nothing found (2 of 2 sites)"
    )
    assert rows["latent-policy/composure"].rstrip().endswith("follows latent-policy")
    assert rows["withheld-answer"].rstrip().endswith("not asked")


def test_a_probe_that_was_asked_at_one_of_its_sites_says_so(trace):
    less = replace(trace, answers=trace.answers[1:])
    assert recap(less) == "knowledge-gap nothing found (1 of 2 sites); latent-policy nothing found"


def test_work_that_was_done_is_not_paid_again(trace):
    prices = {row["code"]: row["passes"] for row in questions_value(trace)}
    assert prices["withheld-answer"] == 1.0
    fresh = InspectionTrace(trace.who, trace.run, trace.snapshot, trace.step, trace.known, trace.questions)
    assert {row["code"]: row["passes"] for row in questions_value(fresh)}["withheld-answer"] == 6.0


def test_json_says_site_by_site_what_is_open(trace):
    rows = questions_value(trace)
    assert [(row["code"], row["open"], row["came"]) for row in rows] == [
        ("knowledge-gap", False, "nothing found"),
        ("knowledge-gap", False, "nothing found"),
        ("latent-policy", False, "nothing found"),
        ("latent-policy/composure", False, None),
        ("withheld-answer", True, None),
    ]
    assert rows[1]["site"] == str(SITES[1])


def test_the_recap_counts_sites_that_came_to_the_same(trace):
    assert recap(trace) == "knowledge-gap nothing found (2 of 2 sites); latent-policy nothing found"
