from __future__ import annotations

import pytest

from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.lab.population.completion import AskMissing, completed, missing
from forewarn.lab.population.recorded_look import RecordedLook, recorded
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

SITE, OTHER = Site(1, 0.5), Site(2, 1.0)
A, AF, B = (Inquiry(code, SITE, 1.0) for code in ("A", "A/F", "B"))
A2, AF2 = Inquiry("A", OTHER, 1.0), Inquiry("A/F", OTHER, 1.0)
EVERY = (A, AF, A2, AF2, B)


def asked(inquiry, kind, effect=0.4):
    code, site = inquiry.code, inquiry.site
    outcomes = {
        "evidence": Evidence(
            code, "claim", site, effect, "share", Interval(0.0, 1.0), 0.0, 9, 0.5, "{}", "d"
        ),
        "nothing": Nothing(code, site, "calm", 9),
        "failed": Failed(code, site, "broke"),
        "not-applicable": NotApplicable(code, site, "too few"),
    }
    return Asked(inquiry, outcomes[kind])


def held(*rows):
    """A look that came to these kinds of outcomes."""
    return RecordedLook(10, 20, 24, 1.5, recorded([asked(*row) for row in rows]))


def wanted(look, every=EVERY):
    """What is asked of a model of which all is open, in order."""
    helper, open_, found = missing(look, every), list(every), []
    while (inquiry := helper.next(Situation(tuple(open_), (), 99.0))) is not None:
        found.append(inquiry)
        open_.remove(inquiry)
    return found


KINDS = {Evidence: "evidence", Nothing: "nothing", Failed: "failed", NotApplicable: "not-applicable"}


def kinds(look):
    return [KINDS[type(outcome)] for outcome in look.outcomes]


def test_of_a_look_that_holds_everything_nothing_is_wanted():
    whole = held(
        (A, "evidence"), (AF, "nothing"), (A2, "nothing"), (AF2, "not-applicable"), (B, "not-applicable")
    )
    assert missing(whole, EVERY).wanted == frozenset()


def test_of_a_look_that_holds_nothing_everything_is_wanted():
    assert wanted(held()) == list(EVERY)


@pytest.mark.parametrize("kind", ["evidence", "nothing", "not-applicable"])
def test_what_is_held_is_not_wanted_and_what_is_not_is(kind):
    assert wanted(held((A, kind), (A2, kind)), (A, A2, B)) == [B]


def test_what_failed_is_wanted_again():
    assert wanted(held((A, "failed"), (A2, "evidence"), (B, "failed")), (A, A2, B)) == [A, B]


def test_a_follow_up_is_wanted_where_what_it_follows_claimed_something_and_with_it():
    assert wanted(held((A, "evidence"), (A2, "nothing"), (B, "nothing"))) == [A, AF]
    assert wanted(held((A, "not-applicable"), (A2, "evidence"), (B, "nothing"))) == [A2, AF2]


def test_a_follow_up_that_failed_is_wanted_with_what_it_follows():
    found = held((A, "evidence"), (AF, "failed"), (A2, "evidence"), (AF2, "evidence"), (B, "nothing"))
    assert wanted(found) == [A, AF]


def test_a_follow_up_of_what_failed_is_wanted_though_it_could_not_be_asked():
    found = held(
        (A, "failed"), (AF, "not-applicable"), (A2, "nothing"), (AF2, "not-applicable"), (B, "nothing")
    )
    assert wanted(found) == [A, AF]
    again = completed(found, EVERY, [asked(A, "evidence"), asked(AF, "evidence")], 0.0)
    assert kinds(again)[:2] == ["evidence", "evidence"]


def test_only_what_is_open_and_affordable_is_asked():
    helper = AskMissing(frozenset({("A", SITE), ("A/F", SITE)}))
    assert helper.next(Situation((B, AF), (), 9.0)) == AF
    assert helper.next(Situation((B, A2, AF2), (), 9.0)) is None
    assert helper.next(Situation((A, AF), (), 0.5)) is None
    assert helper.name == "missing"


def test_a_look_is_completed_in_the_order_of_all_questions():
    found = completed(
        held((B, "nothing"), (A2, "nothing")), EVERY, [asked(A, "evidence"), asked(AF, "nothing")], 0.25
    )
    assert found.questions == tuple(inquiry.question for inquiry in EVERY)
    assert kinds(found) == ["evidence", "nothing", "nothing", "not-applicable", "nothing"]
    assert (found.step, found.known, found.asked, found.seconds) == (10, 20, 24, 1.75)


def test_what_was_held_is_kept_and_what_failed_is_not():
    found = completed(
        held((A, "evidence", 0.4), (B, "failed")),
        (A, AF, B),
        [asked(A, "evidence", 0.6), asked(AF, "evidence", 0.7), asked(B, "nothing")],
        0.0,
    )
    kept, followed, again = found.outcomes
    assert (kept.effect, followed.effect) == (0.4, 0.7)
    assert again == Nothing("B", SITE, "calm", 9)


def test_what_fails_again_is_told_so_and_wanted_once_more():
    found = completed(held((A, "failed"), (B, "nothing")), (A, AF, B), [asked(A, "failed")], 0.0)
    assert kinds(found) == ["failed", "not-applicable", "nothing"]
    assert wanted(found, (A, AF, B)) == [A, AF]


def test_a_claim_that_is_not_made_again_leaves_its_follow_up_failed():
    """It is not said to have claimed nothing: it did, and the follow-up is still wanted."""
    found = completed(held((A, "evidence"), (B, "nothing")), (A, AF, B), [asked(A, "failed")], 0.0)
    assert kinds(found) == ["evidence", "failed", "nothing"]
    assert wanted(found, (A, AF, B)) == [A, AF]


def test_answers_of_probes_that_are_gone_are_dropped():
    found = completed(held((A, "nothing"), (B, "nothing")), (A,), (), 0.0)
    assert [o.code for o in found.outcomes] == ["A"]
