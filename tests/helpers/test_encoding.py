from __future__ import annotations

from forewarn.helpers import Inquiry
from forewarn.helpers.encoding import ANSWER, Encoding, answer
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

SITE = Site(1, 0.5, "resid", "answer")
ENCODING = Encoding(("knowledge-gap", "latent-policy"))


def test_a_place_says_probe_component_role_depth_and_price():
    row = ENCODING.place(Inquiry("latent-policy", Site(1, 0.25, "mlp", "entity"), 9.0), 5.0)
    assert len(row) == ENCODING.n_place
    assert row == [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0.25, 0.5]


def test_a_probe_that_has_no_column_is_told_by_its_place():
    assert ENCODING.place(Inquiry("my-own", SITE, 1.0), 1.0)[:2] == [0, 0]


def test_what_came_of_a_question():
    evidence = Evidence(
        "knowledge-gap", "a claim", SITE, 0.4, "share", Interval(0.3, 0.5), 0.1, 9, 0.6, "{}", "d"
    )
    assert dict(zip(ANSWER, answer(evidence), strict=True)) == {
        "asked": 1, "evidence": 1, "unable": 0,
        "explored": 0.6, "effect": 0.4, "low": 0.3, "high": 0.5, "null": 0.1,
    }  # fmt: skip
    assert answer(Nothing("knowledge-gap", SITE, "reason", 3)) == [1, 0, 0, 0, 0, 0, 0, 0]
    for outcome in (Failed("knowledge-gap", SITE, "broke"), NotApplicable("knowledge-gap", SITE, "reason")):
        assert answer(outcome) == [1, 0, 1, 0, 0, 0, 0, 0]
    assert answer(None) == [0] * len(ANSWER)
    assert ENCODING.n_candidate == ENCODING.n_place + 2 * len(ANSWER) + 1
