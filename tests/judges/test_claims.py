"""Which claim leads, and how much of it is news."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from forewarn.judges.claims import leading, news, strongest
from forewarn.records import Interval, Nothing

GRID = [k / 20 for k in range(-6, 20)]


@pytest.fixture
def claim(evidence):
    """Evidence by its effect and the ends of its interval."""

    def make(effect, low, high, code="observer", **changes):
        return replace(evidence(code, 0.0), effect=effect, interval=Interval(low, high), **changes)

    return make


@pytest.fixture
def drawn(claim):
    def make(draw, code="observer"):
        low, effect, high = sorted(draw.uniform(-0.5, 1.0) for _ in range(3))
        return claim(effect, low, high, code)

    return make


def test_without_a_first_look_the_lower_end_is_news(claim):
    assert news(claim(0.6, 0.2, 0.9), ()) == 0.2
    assert news(claim(0.1, -0.2, 0.4), ()) == 0.0


def test_the_lower_end_of_a_change_is_that_of_the_method_s_paper(claim):
    """Zou and Donner: L = t1 - t2 - sqrt((t1 - l1)^2 + (u2 - t2)^2)."""
    now, then = claim(0.9, 0.6, 1.0), claim(0.3, 0.1, 0.7)
    assert news(now, [then]) == pytest.approx(0.6 - 0.5)
    assert news(claim(0.9, 0.9, 1.0), [then]) == pytest.approx(0.6 - 0.4)
    assert news(then, [now]) == 0.0


@pytest.mark.parametrize("seed", range(200))
def test_what_is_there_already_is_no_news(drawn, seed):
    now = drawn(random.Random(seed))
    already = news(now, [now])
    assert already == 0.0 if now.beyond_chance else already == news(now, ())


@pytest.mark.parametrize("seed", range(200))
def test_more_at_the_first_look_never_makes_more_news(drawn, claim, seed):
    draw = random.Random(seed)
    now, first = drawn(draw), drawn(draw)
    found = news(now, [first])
    assert 0.0 <= found <= news(now, ())
    for more in (0.01, 0.1, 0.3, 0.9):
        ends = first.interval
        assert news(now, [claim(first.effect + more, ends.low + more, ends.high + more)]) <= found
        assert news(now, [claim(first.effect, ends.low, ends.high + more)]) <= found
    assert news(now, [first, drawn(draw), drawn(draw)]) <= found


@pytest.mark.parametrize("low", GRID)
def test_a_first_look_within_chance_is_no_null_and_one_beyond_it_is(claim, low):
    now = claim(0.9, 0.5, 1.0)
    found = news(now, [claim(low + 0.1, low, low + 0.2)])
    assert (found < 0.5) is (low > 0.0)


def test_to_know_more_facts_is_no_news(claim):
    """All of 12 facts, and then all of 20: the lower end has risen, the effect has not."""
    assert news(claim(1.0, 0.68, 1.0), [claim(1.0, 0.52, 1.0)]) == 0.0


def test_only_the_same_probe_s_claims_are_its_null(claim, site):
    now = claim(0.9, 0.5, 1.0)
    others = [claim(0.9, 0.5, 1.0, "latent-policy"), Nothing("observer", site, "calm", 9)]
    assert news(now, others) == 0.5


def test_the_strongest_claim_is_the_one_that_promised_most(evidence):
    found = [evidence("observer", 0.1, explored=0.9), evidence("observer", 0.8, explored=0.2)]
    assert strongest(found, "observer") == found[0]
    assert strongest(found, "latent-policy") is None
    odd = [evidence("observer", 0.8, explored=math.nan), evidence("observer", 0.1, explored=-1.0)]
    assert strongest(odd, "observer") == strongest(odd[::-1], "observer") == odd[1]


def test_of_the_codes_the_one_with_the_most_news_leads(evidence):
    a, b = evidence("observer", 0.3), evidence("latent-policy", 0.5)
    assert leading([a, b], ("observer", "latent-policy")) == leading([b, a], None) == b
    assert leading([a, b], ("observer", "latent-policy"), [b]) == a, "what was there already leads nowhere"


def test_the_claim_that_leads_is_the_one_that_the_judge_has_counted(evidence):
    """Of one code the explore facts choose, so that a claim with a higher lower end may not lead."""
    counted, passed = evidence("observer", 0.1, explored=0.9), evidence("observer", 0.8, explored=0.2)
    assert leading([passed, counted], ("observer",)) == counted


def test_a_claim_that_counts_comes_before_all_others(evidence):
    a, b = evidence("observer", -0.3), evidence("latent-policy", 0.5)
    assert leading([a, b], ("observer",)) == a
    assert leading([b], ("observer",)) == b
    assert leading([], ("observer",)) is None
