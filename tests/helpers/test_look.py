"""The loop of a look, with a source of answers that a test can follow by hand."""

from __future__ import annotations

import pytest

from forewarn.helpers import Exhaustive, FixedOrder, History, Inquiry
from forewarn.helpers.look import look
from forewarn.helpers.policy import Allowance
from forewarn.records import Evidence, Interval, NotApplicable, Nothing, Site

SITE = Site(1, 0.5)
A, AF, B, BF = (Inquiry(code, SITE, 2.0) for code in ("A", "A/F", "B", "B/F"))


class Says:
    """Claims something where it is told to, and finds nothing elsewhere; writes down what was asked before."""

    inquiries, known = (A, AF, B, BF), 0.75

    def __init__(self, *claims):
        self.claims, self.before = claims, []

    def answer(self, inquiry, asked):
        self.before.append([a.inquiry.code for a in asked])
        if inquiry.code not in self.claims:
            return Nothing(inquiry.code, inquiry.site, "calm", 9)
        interval = Interval(0.25, 0.75)
        return Evidence(inquiry.code, "c", SITE, 0.5, "share", interval, 0.0, 9, 0.5, "{}", "d")


def test_a_helper_asks_until_it_stops_and_each_choice_is_kept():
    source = Says("A")
    found = look(Exhaustive(), source, Allowance())
    assert [c.inquiry for c in found.choices] == [A, AF, B, None]
    assert [[i.code for i in c.situation.open] for c in found.choices] == [
        ["A", "B"],
        ["A/F", "B"],
        ["B"],
        [],
    ]
    assert source.before == [[], ["A"], ["A", "A/F"]]
    assert {c.situation.known for c in found.choices} == {0.75}


def test_what_claimed_nothing_leaves_its_follow_ups_unopened_at_no_price():
    found = look(Exhaustive(), Says("A"), Allowance(10.0, 10.0))
    [unopened] = found.unopened
    assert unopened.outcome == NotApplicable("B/F", SITE, "B claimed nothing to follow")
    assert [o.code for o in found.outcomes] == ["A", "A/F", "B", "B/F"]
    assert found.history.carried == 4.0


def test_the_next_look_knows_what_was_asked_and_what_is_left():
    first = look(FixedOrder(("B",)), Says(), Allowance(3.0, 5.0))
    assert (first.history.looks, first.history.carried) == (1, 1.0)
    assert set(first.history.earlier) == {("B", SITE)}
    second = look(FixedOrder(()), Says(), Allowance(3.0, 5.0), first.history)
    assert second.choices[0].situation.budget == 4.0
    assert second.choices[0].situation.history == first.history
    assert second.history == History(2, 4.0, first.history.earlier)


@pytest.mark.parametrize(("budget", "asked"), [(1.9, []), (2.0, [A]), (4.0, [A, AF]), (6.0, [A, AF, B])])
def test_no_look_spends_more_than_it_may(budget, asked):
    found = look(Exhaustive(), Says("A"), Allowance(budget))
    assert [a.inquiry for a in found.asked] == asked
