from __future__ import annotations

import pytest

from forewarn.audit.questions import Questions
from forewarn.helpers import Asked
from forewarn.helpers.policy import still_open, unopened
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site


class Everywhere(Probe):
    """At every layer, the last first."""

    title, unit = "everywhere", "share"

    def __init__(self, code, price):
        self.code, self.price = code, price

    def sites(self, layout):
        n = layout.n_layers
        return tuple(Site(layer, layer / n) for layer in range(n, 0, -1))

    def cost(self, inputs):
        return self.price

    def explore(self, inputs, site, split):
        raise AssertionError

    def confirm(self, inputs, claim, split):
        raise AssertionError


class After(FollowUp):
    title, unit = "after", "share"

    def __init__(self, code, follows, price):
        self.code, self.follows, self.price = code, follows, price

    def cost(self, inputs):
        return self.price

    def pursue(self, inputs, evidence, split):
        raise AssertionError

    def confirm(self, inputs, claim, split):
        raise AssertionError


A, B = Everywhere("A", 1.0), Everywhere("B", 4.0)
F, G = After("F", ("B", "A"), 2.0), After("G", ("B",), 8.0)
QUESTIONS = Questions((A, B), (F, G))


@pytest.fixture
def every(inputs):
    return QUESTIONS.inquiries(inputs)


def evidence(inquiry):
    return Evidence(
        inquiry.code, "a claim", inquiry.site, 0.4, "share", Interval(0.0, 1.0), 0.0, 9, 0.5, "{}", "d"
    )


def nothing(inquiry):
    return Nothing(inquiry.code, inquiry.site, "calm", 9)


def failed(inquiry):
    return Failed(inquiry.code, inquiry.site, "broke")


def unable(inquiry):
    return NotApplicable(inquiry.code, inquiry.site, "too few")


def asked(every, **outcomes):
    """Of the questions at layer 2, what came of each code."""
    named = {i.code: i for i in every if i.site.layer == 2}
    return [Asked(named[code], made(named[code])) for code, made in outcomes.items()]


def told(inquiries):
    return [(i.code, i.site.layer) for i in inquiries]


def test_each_probe_s_code_comes_before_those_of_its_follow_ups():
    assert QUESTIONS.codes == ("A", "A/F", "B", "B/F", "B/G")
    assert Questions((B, A)).codes == ("B", "A")
    assert Questions((A,), (G,)).codes == ("A",), "what follows nothing that is there cannot be asked"


def test_at_each_site_a_question_comes_before_its_follow_ups_with_their_own_prices(every):
    assert [(*row, i.cost) for row, i in zip(told(every), every, strict=True)] == [
        ("A", 2, 1.0), ("A/F", 2, 2.0), ("A", 1, 1.0), ("A/F", 1, 2.0),
        ("B", 2, 4.0), ("B/F", 2, 2.0), ("B/G", 2, 8.0), ("B", 1, 4.0), ("B/F", 1, 2.0), ("B/G", 1, 8.0),
    ]  # fmt: skip


def test_before_anything_is_asked_no_follow_up_is_open(every):
    assert told(still_open(every, ())) == [("A", 2), ("A", 1), ("B", 2), ("B", 1)]


def test_a_claim_opens_its_own_follow_ups_at_its_own_site(every):
    claimed = asked(every, B=evidence)
    assert told(still_open(every, claimed)) == [
        ("A", 2), ("A", 1), ("B/F", 2), ("B/G", 2), ("B", 1),
    ]  # fmt: skip


def test_what_was_asked_is_open_no_more(every):
    [claimed] = asked(every, B=evidence)
    follow_up = next(i for i in every if told([i]) == [("B/G", 2)])
    left = still_open(every, [claimed, Asked(follow_up, nothing(follow_up))])
    assert told(left) == [("A", 2), ("A", 1), ("B/F", 2), ("B", 1)]


@pytest.mark.parametrize("outcome", [nothing, failed, unable])
def test_what_claims_nothing_opens_nothing(every, outcome):
    found = asked(every, B=outcome)
    assert told(still_open(every, found)) == [("A", 2), ("A", 1), ("B", 1)]
    left = unopened(every, found)
    assert told(a.inquiry for a in left) == [("B/F", 2), ("B/G", 2)]
    assert [a.outcome for a in left] == [
        NotApplicable(code, Site(2, 1.0), "B claimed nothing to follow") for code in ("B/F", "B/G")
    ]


def test_only_follow_ups_of_what_was_asked_and_claimed_nothing_are_unopened(every):
    assert unopened(every, ()) == ()
    assert unopened(every, asked(every, A=evidence, B=evidence)) == ()
    found = unopened(every, asked(every, A=nothing, B=evidence))
    assert told(a.inquiry for a in found) == [("A/F", 2)]


@pytest.mark.parametrize(("code", "source"), [("A", A), ("B", B), ("A/F", F), ("B/F", F), ("B/G", G)])
def test_every_code_has_a_source(code, source):
    assert QUESTIONS.source(code) is source


@pytest.mark.parametrize("code", ["C", "A.H", "F", "A.B"])
def test_a_code_that_is_not_in_the_catalogue_has_none(code):
    with pytest.raises(KeyError):
        QUESTIONS.source(code)
