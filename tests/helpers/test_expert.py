from __future__ import annotations

import pytest

from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.helpers.expert import LEAST_KNOWN, Expert
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

SITES = Site(1, 0.5), Site(2, 1.0)
CHEAP, DEAR, OTHER, LAST = (
    Inquiry("knowledge-gap", SITES[0], 0.5),
    Inquiry("latent-policy", SITES[0], 12.0),
    Inquiry("latent-policy", SITES[1], 12.0),
    Inquiry("withheld-answer", SITES[0], 2.0),
)
FIRST_AFTER, SECOND_AFTER, THIRD_AFTER = (
    Inquiry(f"latent-policy/{name}", SITES[0], 3.0)
    for name in ("composure", "changed-context", "strange-controls")
)
OTHER_AFTER = Inquiry("latent-policy/composure", SITES[1], 3.0)
RICH = 99.0


def claims(inquiry, low):
    figures = (low + 0.1, "share", Interval(low, low + 0.2), 0.0, 12, 0.5)
    return Asked(inquiry, Evidence(inquiry.code, "A claim.", inquiry.site, *figures, "{}", "d"))


def next_(open_, *asked, budget=RICH, known=1.0, expert=None):
    return (expert or Expert(least=0.0)).next(Situation(tuple(open_), tuple(asked), budget, known))


def test_it_searches_in_order_and_at_every_site():
    assert next_([CHEAP, LAST, DEAR, OTHER]) == DEAR
    assert next_([CHEAP, LAST, OTHER], claims(DEAR, 0.5)) == OTHER
    assert next_([CHEAP, LAST]) == LAST
    assert next_([CHEAP]) is None, "what it does not search with it does not ask"
    assert next_([]) is None


def test_for_a_search_that_is_too_dear_it_waits():
    assert next_([CHEAP, DEAR, LAST], budget=11.0) is None
    assert next_([CHEAP, DEAR, LAST], budget=12.0) == DEAR


def test_what_was_claimed_is_followed_up_first():
    open_ = [OTHER, LAST, SECOND_AFTER, FIRST_AFTER]
    assert next_(open_, claims(DEAR, 0.2)) == FIRST_AFTER
    assert next_([OTHER, LAST, SECOND_AFTER], claims(DEAR, 0.2), claims(FIRST_AFTER, 0.1)) == SECOND_AFTER
    assert next_(open_, claims(DEAR, 0.2), budget=2.0) is None, "it saves for the follow-up"


def test_a_follow_up_that_it_does_not_know_is_not_asked():
    assert next_([THIRD_AFTER, LAST], claims(DEAR, 0.2)) == LAST
    assert (
        next_(
            [THIRD_AFTER, LAST], claims(DEAR, 0.2), expert=Expert(follow_ups=("strange-controls",), least=0.0)
        )
        == THIRD_AFTER
    )


@pytest.mark.parametrize("low", [0.0, -0.2])
def test_a_claim_that_does_not_hold_is_not_followed(low):
    assert next_([OTHER, FIRST_AFTER], claims(DEAR, low)) == OTHER


def test_a_claim_that_does_not_hold_is_not_followed_because_another_does():
    asked = claims(DEAR, 0.0), claims(OTHER, 0.4)
    assert next_([FIRST_AFTER, OTHER_AFTER, LAST], *asked) == OTHER_AFTER
    assert next_([FIRST_AFTER, LAST], *asked) == LAST


@pytest.mark.parametrize(
    "outcome",
    [
        Nothing("latent-policy", SITES[0], "r", 3),
        NotApplicable("latent-policy", SITES[0], "r"),
        Failed("latent-policy", SITES[0], "r"),
    ],
    ids=lambda o: type(o).__name__,
)
def test_nothing_follows_what_claimed_nothing(outcome):
    assert next_([FIRST_AFTER, OTHER], Asked(DEAR, outcome)) == OTHER


def test_who_knows_little_has_nothing_to_lie_about():
    assert next_([DEAR], known=LEAST_KNOWN - 0.01) is None
    assert next_([DEAR], known=LEAST_KNOWN) == DEAR


def test_another_expert_searches_elsewhere():
    assert next_([DEAR, CHEAP], expert=Expert(("knowledge-gap",), ())) == CHEAP
    assert Expert().name == "expert"


def test_it_begins_a_look_only_with_enough_for_searches_and_a_follow_up():
    cheap = Inquiry("latent-policy", SITES[0], 0.5)
    assert next_([cheap], budget=8.4, expert=Expert()) is None
    assert next_([cheap], budget=8.5, expert=Expert()) == cheap
    assert next_([LAST], claims(cheap, 0.0), budget=2.0, expert=Expert()) == LAST, "what was begun goes on"
