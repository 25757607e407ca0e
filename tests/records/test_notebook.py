"""What a notebook prints of records: one or two lines, and small escaped tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.records import (
    AttentionHead,
    Circuit,
    Evidence,
    Inspected,
    InspectionTrace,
    Interval,
    LensReading,
    Link,
    LookTaken,
    Neuron,
    Offered,
    Ranking,
    Reason,
    ReasonCode,
    Site,
    Status,
    TokenPair,
    TokenScore,
    Trajectories,
    Trajectory,
    Verdict,
    Virtual,
)
from forewarn.records.notebook import MOST_ROWS, html_table

HOSTILE = "<script>\u202e"
SCORE = TokenScore(1, HOSTILE, 0.123456)
LINK = Link("neuron", 3, 4, "gate", 0.1, 0.2, None, 0.3)
NEURON = Neuron(
    2,
    17,
    64,
    False,
    "jacobian",
    (Ranking("writes", "identity", "direct", (SCORE,), (SCORE,)),),
    (),
    (LINK,),
    (),
    (),
    (),
)
VIRTUAL = Virtual(2, 17, 3, True, "jacobian", (LINK,), 64, 0.9, 0.1, 0.1, 32, ())
PAIR = TokenPair(SCORE, SCORE)
HEAD = AttentionHead(1, 0, 4, "jacobian", (Circuit("OV", "identity", "direct", None, (PAIR,), (PAIR,)),), ())
READING = LensReading("tuned", (((1,),), ((1,),)), (((0.5,),), ((0.5,),)))
TRAJECTORY = Trajectory(HOSTILE, "", "", "", 0, (1,), (READING,), (0.1, 0.875), (0.9, 0.1))
TRAJECTORIES = Trajectories(1, "e" * 64, ("0", "1"), (0.1, 0.1), (0.2, 0.2), {}, (TRAJECTORY,))
EVIDENCE = Evidence(
    "latent-policy", f"A claim {HOSTILE}.", Site(3, 0.75), 0.625, "share", Interval(0.5, 0.75), 0.02, 48, 0.7,
    '{"long": "finding"}' * 50, "e" * 64,
)  # fmt: skip
INSPECTED = Inspected(500, "e" * 64, TRAJECTORIES, NEURON, VIRTUAL, HEAD)
TRACE = InspectionTrace("Ann <b>", "liar", "e" * 64, 500, 0.5, (Offered("observer", Site(1, 0.5), 1.0),))
ALL = (EVIDENCE, TRAJECTORY, TRAJECTORIES, NEURON, VIRTUAL, HEAD, INSPECTED, TRACE)


@pytest.mark.parametrize("record", ALL, ids=lambda record: type(record).__name__)
def test_a_repr_is_a_line_or_two(record):
    assert repr(record).startswith(f"<{type(record).__name__} ") and len(repr(record)) < 160


def test_a_look_and_its_verdict_are_one_line():
    known = Verdict(0.93, Interval(0.8, 0.97), (), "c" * 64)
    blind = Verdict(None, None, (Reason(ReasonCode.SAVING, "two\nlines"),), "c" * 64)
    both = replace(known, unknown=(*blind.unknown, Reason(ReasonCode.NOT_ASKED, "left out")))
    assert repr(known) == "<Verdict 0.93; interval [0.80, 0.97]>"
    assert repr(blind) == "<Verdict unknown: saving>"
    assert repr(both) == "<Verdict 0.93; interval [0.80, 0.97]; unknown: saving, not-asked>"
    look = LookTaken(500, "e" * 64, (EVIDENCE,), blind, Status.UNKNOWN, 9, 12, 0.1)
    assert (
        repr(look) == "<LookTaken step 500, snapshot eeeeeeeeeeee: unknown, 1 outcomes, 9 of 12 facts known>"
    )


def test_a_repr_says_what_and_where():
    assert repr(EVIDENCE) == (
        "<Evidence latent-policy at resid3@answer: 0.625 share, interval [0.50, 0.75], null 0.02, n 48>"
    )
    assert (
        "Neuron 2.17" in repr(NEURON)
        and "Virtual 2.17:3" in repr(VIRTUAL)
        and "AttentionHead 1.0" in repr(HEAD)
    )
    assert "Trajectories, Neuron, Virtual, AttentionHead" in repr(INSPECTED)
    assert repr(replace(INSPECTED, trajectories=None, neuron=None, virtual=None, head=None)).endswith(
        ": nothing>"
    )


@pytest.mark.parametrize(
    "record", [each for each in ALL if each is not TRAJECTORY], ids=lambda r: type(r).__name__
)
def test_tables_are_escaped_and_load_nothing(record):
    html = record._repr_html_()
    assert html.count("<table>") == html.count("</table>") >= 1
    assert not any(bad in html for bad in ("<script", '<b>"', "Ann <b>", "\u202e", "http", "src="))


def test_the_figures_stand_in_the_tables():
    assert "0.875" in TRAJECTORIES._repr_html_() and "0.625" in EVIDENCE._repr_html_()
    assert "&lt;script&gt;\\u202e 0.123" in NEURON._repr_html_()


def test_a_long_table_counts_the_rest():
    html = html_table("many", ("n",), [(n,) for n in range(MOST_ROWS + 5)])
    assert "and 5 more" in html and html.count("<tr>") == MOST_ROWS + 1
