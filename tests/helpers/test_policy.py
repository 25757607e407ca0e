"""What every helper promises, whatever it prefers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.errors import ConfigurationError
from forewarn.helpers import Asked, Exhaustive, FixedOrder, History, Inquiry, Random, Situation
from forewarn.helpers.policy import SLACK, Allowance, spent
from forewarn.records import Nothing, Site, Work

CODES = ("knowledge-gap", "observer", "latent-policy")
HELPERS = (
    Exhaustive(),
    Random(0),
    Random(7),
    FixedOrder(CODES),
    FixedOrder(("latent-policy", "knowledge-gap")),
    FixedOrder(("latent-policy", "knowledge-gap"), waits=True),
    FixedOrder(CODES, waits=True, least=9.0),
)
SEARCH, LENSES = Work("search", 5.0), Work("lenses", 10.0)
SHARED = ((), (SEARCH,), (SEARCH, LENSES))
INQUIRIES = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.integers(0, 4),
        st.sampled_from([0.5, 1.0, 3.0, 12.0]),
        st.sampled_from(SHARED),
    ),
    max_size=12,
    unique_by=lambda row: row[:2],
).map(
    lambda rows: [Inquiry(code, Site(layer, layer / 4), cost, shared) for code, layer, cost, shared in rows]
)


def session(helper, inquiries, budget):
    """All questions in order, as an examiner would ask them."""
    open_, asked, left = list(inquiries), [], budget
    while (chosen := helper.next(Situation(tuple(open_), tuple(asked), left))) is not None:
        left -= chosen.price(asked)
        asked.append(Asked(chosen, Nothing(chosen.code, chosen.site, "nothing", 1)))
        open_.remove(chosen)
    return [a.inquiry for a in asked]


@pytest.mark.parametrize("helper", HELPERS, ids=str)
@given(inquiries=INQUIRIES, budget=st.floats(0, 40))
def test_the_budget_is_never_exceeded_and_nothing_is_asked_twice(helper, inquiries, budget):
    asked = session(helper, inquiries, budget)
    assert spent(asked) <= budget + SLACK
    assert len(set(asked)) == len(asked)
    assert set(asked) <= set(inquiries)


@pytest.mark.parametrize("helper", HELPERS, ids=str)
@given(inquiries=INQUIRIES, budget=st.floats(0, 40))
def test_the_same_arguments_give_the_same_choice_and_no_random_state_moves(helper, inquiries, budget):
    before = random.getstate()
    first = session(helper, inquiries, budget)
    assert session(helper, inquiries, budget) == first
    assert random.getstate() == before


@pytest.mark.parametrize("helper", HELPERS, ids=str)
@given(inquiries=INQUIRIES)
def test_it_stops_only_when_nothing_is_left_that_it_may_ask(helper, inquiries):
    mine = [i for i in inquiries if i.code in getattr(helper, "order", CODES)]
    assert set(session(helper, inquiries, float("inf"))) == set(mine)


@pytest.mark.parametrize("helper", HELPERS[:-1], ids=str)
def test_what_costs_too_much_is_passed_over(helper):
    dear, cheap = Inquiry("knowledge-gap", Site(0, 0.0), 5.0), Inquiry("latent-policy", Site(1, 0.5), 1.0)
    assert session(helper, [dear, cheap], 2.0) == [cheap]
    assert session(helper, [dear, cheap], 0.5) == []


@pytest.mark.parametrize("helper", HELPERS, ids=str)
def test_they_have_names(helper):
    assert helper.name in {"exhaustive", "random", "fixed-order"}


def test_a_history_keeps_the_last_answer_to_each_question():
    site, other = Site(0, 0.0), Site(1, 0.25)
    first, second = Nothing("knowledge-gap", site, "first", 1), Nothing("knowledge-gap", site, "second", 1)
    history = History().after([first, Nothing("knowledge-gap", other, "other", 1)], 2.0).after([second], 3.0)
    assert (history.looks, history.carried) == (2, 3.0)
    assert {q: (e.outcome.reason, e.look) for q, e in history.earlier.items()} == {
        ("knowledge-gap", site): ("second", 1),
        ("knowledge-gap", other): ("other", 0),
    }


def asked(*inquiries):
    return [Asked(i, Nothing(i.code, i.site, "nothing", 1)) for i in inquiries]


def test_shared_work_is_paid_by_who_asks_first_and_counts_once():
    first, second = (Inquiry(code, Site(1, 0.5), 1.0, (SEARCH,)) for code in CODES[:2])
    third = Inquiry("latent-policy", Site(1, 0.5), 2.0, (SEARCH, LENSES))
    assert [first.price(()), second.price(asked(first)), third.price(asked(first, second))] == [
        6.0,
        1.0,
        12.0,
    ]
    assert spent([first, second, third]) == spent([third, second, first]) == 19.0


def test_what_others_have_done_makes_a_question_affordable():
    first, second = (Inquiry(code, Site(1, 0.5), 1.0, (SEARCH,)) for code in CODES[:2])
    assert Situation((second,), (), 2.0).affordable == ()
    assert Situation((second,), tuple(asked(first)), 2.0).affordable == (second,)


@pytest.mark.parametrize(
    ("allowance", "carried", "available"),
    [
        (Allowance(), 0.0, float("inf")),
        (Allowance(5.0), 3.0, 5.0),
        (Allowance(5.0, 8.0), 0.0, 5.0),
        (Allowance(5.0, 8.0), 2.0, 7.0),
        (Allowance(5.0, 8.0), 8.0, 8.0),
        (Allowance(5.0, 2.0), 2.0, 5.0),
    ],
)
def test_what_a_look_may_spend(allowance, carried, available):
    """What was carried over and its budget, up to the most; never less than its budget."""
    assert allowance.available(carried) == available
    assert allowance.most == max(allowance.budget, allowance.carry_over)


@pytest.mark.parametrize(
    ("budget", "carry_over"), [(0.0, 1.0), (-1.0, 1.0), (1.0, -0.5), (float("nan"), 0.0)]
)
def test_an_allowance_that_cannot_be_is_refused(budget, carry_over):
    with pytest.raises(
        ConfigurationError, match="the budget is positive and what may be saved is not negative"
    ):
        Allowance(budget, carry_over)
