from __future__ import annotations

import math

import pytest

from forewarn.helpers import Asked, Inquiry
from forewarn.lab.population.looked import KINDS, Finding, findings, passes
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site, Work

SITE = Site(2, 0.5, "attn", "entity")


@pytest.fixture
def evidence():
    return Evidence(
        code="knowledge-gap",
        claim="c",
        site=SITE,
        effect=0.4,
        unit="share",
        interval=Interval(0.3, 0.5),
        null=0.1,
        n=20,
        explored=math.inf,
        finding="{}",
        snapshot="d",
    )


def told(outcome):
    [found] = findings([Asked(Inquiry("knowledge-gap", SITE, 7.5), outcome)])
    return found


def test_evidence_keeps_its_figures_and_its_place(evidence):
    place = ("knowledge-gap", 2, 0.5, "attn", "entity", 7.5)
    assert told(evidence) == Finding(*place, "evidence", math.inf, 0.4, 0.3, 0.5, 0.1, 20)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Nothing("knowledge-gap", SITE, "calm", 20), "nothing"),
        (NotApplicable("knowledge-gap", SITE, "too few"), "not-applicable"),
        (Failed("knowledge-gap", SITE, "ValueError: no"), "failed"),
    ],
)
def test_what_is_no_evidence_has_a_kind_and_no_figures(outcome, kind):
    place = ("knowledge-gap", 2, 0.5, "attn", "entity", 7.5)
    assert told(outcome) == Finding(*place, kind, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    assert kind in KINDS


def test_they_come_in_the_order_asked(evidence):
    asked = [
        Asked(Inquiry(code, SITE, 1.0), outcome)
        for code, outcome in (
            ("observer", Nothing("observer", SITE, "calm", 20)),
            ("knowledge-gap", evidence),
        )
    ]
    assert [(f.code, f.kind) for f in findings(asked)] == [
        ("observer", "nothing"),
        ("knowledge-gap", "evidence"),
    ]


def test_shared_work_counts_once():
    search = Work("search", 5.0)
    inquiries = [
        Inquiry("knowledge-gap", SITE, 1.0),
        *(Inquiry(c, SITE, 1.0, (search,)) for c in ("observer", "latent-policy")),
    ]
    found = findings([Asked(i, Nothing(i.code, SITE, "r", 1)) for i in inquiries])
    assert [f.shared for f in found] == [(), (search,), (search,)]
    assert passes(found) == 8.0
    assert passes(found[:1]) == 1.0
    assert passes(()) == 0.0
