from __future__ import annotations

import pytest
import torch

from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.helpers.learned import Learned
from forewarn.helpers.network import Network, Sizes
from forewarn.records import Nothing, Site

OPEN = tuple(
    Inquiry(code, Site(1, 0.5), cost)
    for code, cost in (("knowledge-gap", 1.0), ("latent-policy", 12.0), ("a-stranger", 2.0))
)


@pytest.fixture
def helper():
    network = Network(Sizes(("knowledge-gap", "latent-policy")), seed=0)
    torch.nn.init.constant_(network.stop.bias, -100.0)
    return Learned(network)


def session(helper, budget):
    now, chosen = Situation(OPEN, (), budget), []
    while (inquiry := helper.next(now)) is not None:
        chosen.append(inquiry)
        asked = Asked(inquiry, Nothing(inquiry.code, inquiry.site, "reason", 1))
        left = tuple(i for i in now.open if i is not inquiry)
        now = Situation(left, (*now.asked, asked), now.budget - inquiry.cost)
    return chosen


def test_one_that_never_stops_asks_all_it_can_pay_and_nothing_twice(helper):
    assert set(session(helper, 99.0)) == set(OPEN)
    assert sum(i.cost for i in session(helper, 13.0)) <= 13.0
    assert session(helper, 0.5) == []


def test_a_network_that_would_rather_stop_asks_nothing(helper):
    torch.nn.init.constant_(helper.network.stop.bias, 100.0)
    assert session(helper, 99.0) == []


def test_the_same_situation_gives_the_same_choice(helper):
    assert session(helper, 20.0) == session(helper, 20.0)


def test_an_unbounded_budget_is_a_budget(helper):
    assert set(session(helper, float("inf"))) == set(OPEN)


def test_nothing_open_is_a_reason_to_stop(helper):
    assert helper.next(Situation((), (), 10.0)) is None
