from __future__ import annotations

import pytest

from forewarn.helpers import FixedOrder
from forewarn.lab.game.episode import episode
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.cloning import Cloning, agreement, clone
from forewarn.lab.training.demonstrations import SAVINGS, of_helper, of_trace
from forewarn.records import Answered, Evidence, Failed, InspectionTrace, Interval, Nothing, Offered, Site

SITES = Site(1, 0.5), Site(2, 1.0)
CLAIMS = tuple(Offered("latent-policy", site, 8.0) for site in SITES)
AFTER = tuple(Offered("latent-policy/composure", site, 2.0, "latent-policy") for site in SITES)
CHEAP = Offered("knowledge-gap", SITES[0], 0.5)
QUESTIONS = (CHEAP, CLAIMS[0], AFTER[0], CLAIMS[1], AFTER[1])


def evidence(question):
    return Evidence(
        question.code, "A claim.", question.site, 0.4, "share", Interval(0.2, 0.6), 0.0, 12, 0.5, "{}", "d"
    )


def nothing(question):
    return Nothing(question.code, question.site, "all true", 12)


def trace(*outcomes, word=None):
    """Of what was asked, in that order."""
    by_place = {(q.code, q.site): q for q in QUESTIONS}
    answers = tuple(Answered(by_place[o.code, o.site], o) for o in outcomes)
    return InspectionTrace("Ann", "liar", "e" * 64, 100, 0.5, QUESTIONS, answers, word)


def told(shown):
    """Of each situation: what was asked before, what may be spent, and the choice."""
    return [
        (
            [a.inquiry.code for a in each.situation.asked],
            each.situation.budget,
            each.inquiry and each.inquiry.code,
        )
        for each in shown
    ]


INSPECTION = (evidence(CLAIMS[1]), evidence(AFTER[1]), nothing(CHEAP))


def test_a_person_is_shown_choice_by_choice_with_what_they_were_going_to_spend():
    choices = [each for each in of_trace(trace(*INSPECTION)) if each.inquiry]
    assert told(choices) == [
        ([], 10.5, "latent-policy"),
        (["latent-policy"], 2.5, "latent-policy/composure"),
        (["latent-policy", "latent-policy/composure"], 0.5, "knowledge-gap"),
    ]
    assert choices[0].inquiry.site == SITES[1]
    assert all(each.situation.known == 0.5 for each in choices)


@pytest.mark.parametrize("word", ["deceptive", "honest", "unsure"])
def test_they_stop_where_they_said_their_word(word):
    *_, last = of_trace(trace(*INSPECTION, word=word))
    assert told([last]) == [(["latent-policy", "latent-policy/composure", "knowledge-gap"], 0.0, None)]


def test_without_a_word_they_may_go_on():
    shown = list(of_trace(trace(*INSPECTION)))
    assert [len(each.situation.asked) for each in shown if each.inquiry is None] == [0] * len(SAVINGS)


def test_with_less_than_the_first_price_they_would_have_waited():
    stops = [each for each in of_trace(trace(*INSPECTION, word="honest")) if each.inquiry is None]
    assert told(stops)[:-1] == [([], share * 8.0, None) for share in SAVINGS]
    for each in stops[:-1]:
        assert each.situation.budget < 8.0
        assert {i.code for i in each.situation.affordable} <= {"knowledge-gap"}, (
            "they could have asked that, and did not"
        )


def test_a_trace_without_answers_shows_a_stop_or_nothing():
    assert list(of_trace(trace())) == []
    assert told(of_trace(trace(word="unsure"))) == [([], 0.0, None)]


def test_what_is_open_is_what_they_could_have_asked():
    """A follow-up is, from its claim on; nothing twice; in the probes' own order."""
    shown = list(of_trace(trace(*INSPECTION, word="deceptive")))
    opened = [
        [(i.code, i.site.layer) for i in each.situation.open]
        for each in shown
        if each.situation.budget not in {share * 8.0 for share in SAVINGS}
    ]
    assert opened == [
        [("knowledge-gap", 1), ("latent-policy", 1), ("latent-policy", 2)],
        [("knowledge-gap", 1), ("latent-policy", 1), ("latent-policy/composure", 2)],
        [("knowledge-gap", 1), ("latent-policy", 1)],
        [("latent-policy", 1)],
    ]


def test_each_choice_could_be_asked_and_paid():
    tried = [
        trace(*INSPECTION, word="deceptive"),
        trace(nothing(CHEAP), Failed("latent-policy", SITES[0], "no"), word="unsure"),
        trace(evidence(CLAIMS[0]), nothing(AFTER[0]), evidence(CLAIMS[1]), nothing(AFTER[1])),
    ]
    for each in tried:
        for shown in of_trace(each):
            assert shown.inquiry is None or shown.inquiry in shown.situation.affordable
            outcomes = [a.outcome for a in shown.situation.asked]
            assert outcomes == [a.outcome for a in each.answers[: len(outcomes)]]


def test_a_look_is_shown_as_the_first_of_its_run():
    for each in of_trace(trace(*INSPECTION)):
        assert each.situation.history.looks == 0


def test_a_network_learns_from_a_trace_to_wait_and_to_ask():
    shown = list(of_trace(trace(*INSPECTION, word="deceptive")))
    codes = ("knowledge-gap", "latent-policy", "latent-policy/composure")
    network = clone(shown, (), codes, Cloning(epochs=150, rate=1e-2, width=8))
    assert agreement(network, shown) == 1.0


def test_a_helper_is_shown_at_every_choice_of_every_run(recorded):
    runs, rules = recorded.disputed(2, 2), Rules(5.0, 8.0)
    helper = FixedOrder(("latent-policy", "latent-policy/composure"), waits=True)
    shown = list(of_helper(helper, runs, rules))
    wanted = [choice for run in runs for look in episode(helper, run, rules) for choice in look.choices]
    assert shown == wanted
    assert all(helper.next(each.situation) == each.inquiry for each in shown)
    assert sum(each.inquiry is None for each in shown) == sum(len(run.looks) for run in runs)


def test_of_no_runs_nothing_is_shown():
    assert list(of_helper(FixedOrder(("knowledge-gap",)), (), Rules())) == []
