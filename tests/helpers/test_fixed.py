from __future__ import annotations

from collections import Counter

import pytest

from forewarn.helpers import Asked, Exhaustive, FixedOrder, History, Inquiry, Random, Situation
from forewarn.records import Nothing, Site


def inquiry(code, layer, cost=1.0):
    return Inquiry(code, Site(layer, layer / 4), cost)


OPEN = [inquiry(code, layer) for code in ("knowledge-gap", "observer") for layer in (2, 1, 0)]


def order(helper):
    open_, asked = list(OPEN), []
    while (chosen := helper.next(Situation(tuple(open_), tuple(asked), float("inf")))) is not None:
        asked.append(Asked(chosen, Nothing(chosen.code, chosen.site, "nothing", 1)))
        open_.remove(chosen)
    return [(a.inquiry.code, a.inquiry.site.layer) for a in asked]


def test_exhaustive_keeps_the_probes_own_order():
    assert order(Exhaustive()) == [(i.code, i.site.layer) for i in OPEN]


def test_fixed_order_takes_the_probes_in_turn():
    assert order(FixedOrder(("observer", "knowledge-gap"))) == [
        ("observer", 2),
        ("knowledge-gap", 2),
        ("observer", 1),
        ("knowledge-gap", 1),
        ("observer", 0),
        ("knowledge-gap", 0),
    ]


def test_fixed_order_never_asks_what_it_does_not_name():
    assert {code for code, _ in order(FixedOrder(("observer",)))} == {"observer"}


def test_random_differs_by_seed_and_reaches_everything():
    assert len({tuple(order(Random(seed))) for seed in range(20)}) > 15
    firsts = Counter(order(Random(seed))[0] for seed in range(600))
    assert len(firsts) == len(OPEN)
    # 100 are expected of each; five standard deviations of a binomial are 46.
    assert all(54 <= count <= 146 for count in firsts.values())


@pytest.mark.parametrize("helper", [Exhaustive(), FixedOrder(("knowledge-gap",)), Random()])
def test_nothing_open_is_a_reason_to_stop(helper):
    assert helper.next(Situation((), (), 10.0)) is None


DEAR = (inquiry("latent-policy", 1, 9.0), inquiry("knowledge-gap", 1, 1.0))


def test_one_that_is_patient_saves_for_what_comes_first():
    hasty, waits = (FixedOrder(("latent-policy", "knowledge-gap"), waits=p) for p in (False, True))
    assert hasty.next(Situation(DEAR, (), 5.0)) is DEAR[1]
    assert waits.next(Situation(DEAR, (), 5.0)) is None
    assert waits.next(Situation(DEAR, (), 9.0)) is DEAR[0]


def test_random_draws_anew_at_every_look():
    first = {Random(0).next(Situation(tuple(OPEN), (), 9.0, history=History(looks))) for looks in range(20)}
    assert len(first) > 1


def test_one_that_asks_whole_begins_only_with_enough():
    whole = FixedOrder(("latent-policy", "knowledge-gap"), waits=True, least=10.0)
    assert whole.next(Situation(DEAR, (), 9.5)) is None
    assert whole.next(Situation(DEAR, (), 10.0)) is DEAR[0]
    begun = (Asked(DEAR[0], Nothing("latent-policy", DEAR[0].site, "nothing", 1)),)
    assert whole.next(Situation(DEAR[1:], begun, 1.0)) is DEAR[1], "what was begun goes on"
