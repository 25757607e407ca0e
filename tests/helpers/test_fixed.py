from __future__ import annotations

from collections import Counter

import pytest

from forewarn.helpers import Asked, Exhaustive, FixedOrder, Inquiry, Random
from forewarn.records import Nothing, Site


def inquiry(code, layer, cost=1.0):
    return Inquiry(code, Site(layer, layer / 4), cost)


OPEN = [inquiry(code, layer) for code in ("TP001", "TP002") for layer in (2, 1, 0)]


def order(helper):
    open_, asked = list(OPEN), []
    while (chosen := helper.next(open_, asked, float("inf"))) is not None:
        asked.append(Asked(chosen, Nothing(chosen.code, chosen.site, "nothing", 1)))
        open_.remove(chosen)
    return [(a.inquiry.code, a.inquiry.site.layer) for a in asked]


def test_exhaustive_keeps_the_probes_own_order():
    assert order(Exhaustive()) == [(i.code, i.site.layer) for i in OPEN]


def test_fixed_order_takes_the_probes_in_turn():
    assert order(FixedOrder(("TP002", "TP001"))) == [
        ("TP002", 2),
        ("TP001", 2),
        ("TP002", 1),
        ("TP001", 1),
        ("TP002", 0),
        ("TP001", 0),
    ]


def test_fixed_order_never_asks_what_it_does_not_name():
    assert {code for code, _ in order(FixedOrder(("TP002",)))} == {"TP002"}


def test_random_differs_by_seed_and_reaches_everything():
    assert len({tuple(order(Random(seed))) for seed in range(20)}) > 15
    firsts = Counter(order(Random(seed))[0] for seed in range(600))
    assert len(firsts) == len(OPEN)
    # 100 are expected of each; five standard deviations of a binomial are 46.
    assert all(54 <= count <= 146 for count in firsts.values())


@pytest.mark.parametrize("helper", [Exhaustive(), FixedOrder(("TP001",)), Random()])
def test_nothing_open_is_a_reason_to_stop(helper):
    assert helper.next([], [], 10.0) is None
