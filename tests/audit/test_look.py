from __future__ import annotations

import pytest

from forewarn.audit.look import Examiner, followed_claim
from forewarn.helpers import Exhaustive, FixedOrder, History, Inquiry
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp
from forewarn.records import Claim, Evidence, Failed, Interval, NotApplicable, Nothing, Site


class Listed(Probe):
    """Claims at every layer and writes down which facts it was shown."""

    title, unit = "listed", "share"

    def __init__(self, code, price=1.0, broken=()):
        self.code, self.price, self.broken, self.shown = code, price, broken, []

    def sites(self, layout):
        return tuple(Site(layer, layer / layout.n_layers) for layer in range(layout.n_layers + 1))

    def cost(self, inputs):
        return self.price

    def explore(self, inputs, site, split):
        if "explore" in self.broken:
            raise RuntimeError("cannot explore")
        self.shown.append(("explore", site.layer))
        return Claim(self.code, site, 0.5, "{}") if site.layer else Nothing(self.code, site, "none", 6)

    def confirm(self, inputs, claim, split):
        if "confirm" in self.broken:
            raise KeyError("cannot confirm")
        self.shown.append(("confirm", claim.site.layer))
        return confirmed(inputs, claim, split)


class Follows(FollowUp):
    """Claims something about every claim of A, or what it is told to say, and writes down what it was shown."""

    code, title, unit, follows = "F", "follows", "share", ("A",)

    def __init__(self, price=1.0, broken=(), says=Claim):
        self.price, self.broken, self.says, self.shown = price, broken, says, []

    def cost(self, inputs):
        return self.price

    def pursue(self, inputs, evidence, split):
        if "pursue" in self.broken:
            raise RuntimeError("cannot pursue")
        self.shown.append(evidence)
        rest = {Claim: (0.3, "{}"), Nothing: ("calm", 6), NotApplicable: ("too few",)}[self.says]
        return self.says(self.code, evidence.site, *rest)

    def confirm(self, inputs, claim, split):
        if "confirm" in self.broken:
            raise KeyError("cannot confirm")
        return confirmed(inputs, claim, split)


def confirmed(inputs, claim, split):
    interval, n, digest = Interval(0.0, 1.0, 0.95), len(split.confirm), inputs.subject.digest
    return Evidence(
        claim.code, "a claim", claim.site, 0.4, "share", interval, 0.0, n, claim.explored, "{}", digest
    )


def told(outcomes):
    return [(o.code, o.site.layer, type(o)) for o in outcomes]


def test_questions_are_asked_in_the_probes_order_each_claim_confirmed_at_once(inputs, split):
    first, second = Listed("A"), Listed("B")
    outcomes = Examiner((first, second), Exhaustive()).examine(inputs, split)
    assert told(outcomes) == [
        ("A", 0, Nothing), ("A", 1, Evidence), ("A", 2, Evidence),
        ("B", 0, Nothing), ("B", 1, Evidence), ("B", 2, Evidence),
    ]  # fmt: skip
    order = [("explore", 0), ("explore", 1), ("confirm", 1), ("explore", 2), ("confirm", 2)]
    assert first.shown == second.shown == order
    assert {o.n for o in outcomes if isinstance(o, Evidence)} == {len(split.confirm)}


def test_the_helper_decides_the_order(inputs, split):
    outcomes = Examiner((Listed("A"), Listed("B")), FixedOrder(("B", "A"))).examine(inputs, split)
    assert [(o.code, o.site.layer) for o in outcomes] == [
        ("B", 0), ("A", 0), ("B", 1), ("A", 1), ("B", 2), ("A", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("budget", "asked"), [(0.5, 0), (1.0, 1), (4.9, 4), (5.0, 5), (99.0, 6)])
def test_a_look_spends_no_more_than_its_budget(inputs, split, budget, asked):
    examiner = Examiner((Listed("A"), Listed("B")), Exhaustive(), budget)
    assert len(examiner.examine(inputs, split)) == asked
    assert len(examiner.examine(inputs, split)) == asked, "every look has its budget anew"


def test_what_is_dear_is_passed_over_for_what_is_affordable(inputs, split):
    outcomes = Examiner((Listed("A", price=10.0), Listed("B")), Exhaustive(), 3.0).examine(inputs, split)
    assert [o.code for o in outcomes] == ["B"] * 3


@pytest.mark.parametrize(
    ("where", "message", "failures"),
    [("explore", "RuntimeError: cannot explore", 3), ("confirm", "KeyError: 'cannot confirm'", 2)],
)
def test_a_probe_that_raises_fails_alone(inputs, split, where, message, failures):
    outcomes = Examiner((Listed("A", broken=(where,)), Listed("B")), Exhaustive()).examine(inputs, split)
    failed = [o for o in outcomes if isinstance(o, Failed)]
    assert [(o.code, o.error) for o in failed] == [("A", message)] * failures
    assert [type(o) for o in outcomes if o.code == "B"] == [Nothing, Evidence, Evidence]


def test_an_interruption_is_no_failure_of_a_probe(inputs, split, monkeypatch):
    probe = Listed("A")
    monkeypatch.setattr(probe, "explore", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        Examiner((probe,), Exhaustive()).examine(inputs, split)


def test_what_is_left_over_is_saved_up_to_the_most(inputs, split):
    examiner = Examiner((Listed("A", price=5.0), Listed("B")), FixedOrder(("A",), waits=True), 2.0, most=7.0)
    history, found = History(), []
    for _ in range(6):
        look = examiner.look(inputs, split, history)
        history = look.history
        found.append((len(look.asked), history.carried))
    assert found == [(0, 2.0), (0, 4.0), (1, 1.0), (0, 3.0), (1, 0.0), (0, 2.0)]
    assert history.looks == 6
    assert {q[0] for q in history.earlier} == {"A"}


def test_a_helper_sees_what_is_known_and_what_came_of_earlier_looks(inputs, split):
    seen = []

    class Watcher:
        name = "watcher"

        def next(self, situation):
            seen.append(situation)
            return next(iter(situation.affordable), None)

    examiner = Examiner((Listed("A"),), Watcher())
    history = examiner.look(inputs, split).history
    examiner.look(inputs, split, history)
    facts = inputs.audit_set.facts
    assert {s.known for s in seen} == {len(inputs.known(facts)) / len(facts)}
    assert [len(s.asked) for s in seen] == [0, 1, 2, 3] * 2
    assert seen[-1].history == history


def test_a_follow_up_comes_after_the_claim_that_it_follows_under_both_codes(inputs, split):
    follow_up = Follows()
    outcomes = Examiner((Listed("A"), Listed("B")), Exhaustive(), follow_ups=(follow_up,)).examine(
        inputs, split
    )
    assert told(outcomes) == [
        ("A", 0, Nothing), ("A", 1, Evidence), ("A/F", 1, Evidence), ("A", 2, Evidence), ("A/F", 2, Evidence),
        ("B", 0, Nothing), ("B", 1, Evidence), ("B", 2, Evidence),
        ("A/F", 0, NotApplicable),
    ]  # fmt: skip
    assert follow_up.shown == [outcomes[1], outcomes[3]], "it sees what was confirmed, at its own site"
    assert outcomes[2].explored == 0.3
    assert outcomes[-1].reason == "A claimed nothing to follow"


@pytest.mark.parametrize("says", [Nothing, NotApplicable])
def test_what_a_follow_up_does_not_claim_bears_both_codes_too(inputs, split, says):
    examiner = Examiner((Listed("A"),), Exhaustive(), follow_ups=(Follows(says=says),))
    asked = [a.outcome for a in examiner.look(inputs, split).asked]
    assert told(o for o in asked if o.code != "A") == [("A/F", 1, says), ("A/F", 2, says)]


@pytest.mark.parametrize(
    ("where", "message"),
    [("pursue", "RuntimeError: cannot pursue"), ("confirm", "KeyError: 'cannot confirm'")],
)
def test_a_follow_up_that_raises_fails_alone(inputs, split, where, message):
    follow_up = Follows(broken=(where,))
    examiner = Examiner((Listed("A"), Listed("B")), Exhaustive(), follow_ups=(follow_up,))
    asked = examiner.look(inputs, split).asked
    assert [a.outcome for a in asked if a.inquiry.code == "A/F"] == [
        Failed("A/F", Site(layer, layer / 2), message) for layer in (1, 2)
    ]
    assert [type(a.outcome) for a in asked if a.inquiry.code != "A/F"] == [Nothing, Evidence, Evidence] * 2


@pytest.mark.parametrize("where", ["explore", "confirm"])
def test_what_failed_is_followed_by_nothing(inputs, split, where):
    probe, follow_up = Listed("A", broken=(where,)), Follows()
    outcomes = Examiner((probe,), Exhaustive(), follow_ups=(follow_up,)).examine(inputs, split)
    assert follow_up.shown == []
    assert told(outcomes)[3:] == [("A/F", layer, NotApplicable) for layer in range(3)]


def test_a_claim_that_other_facts_do_not_bear_out_is_followed_by_nothing(inputs, split, monkeypatch):
    probe, follow_up = Listed("A"), Follows()
    monkeypatch.setattr(probe, "confirm", lambda _, claim, __: Nothing("A", claim.site, "not borne out", 6))
    outcomes = Examiner((probe,), Exhaustive(), follow_ups=(follow_up,)).examine(inputs, split)
    assert follow_up.shown == []
    assert {type(o) for o in outcomes if o.code == "A/F"} == {NotApplicable}


@pytest.mark.parametrize(
    ("budget", "found"),
    [
        (0.5, []),
        (1.0, ["A"]),
        (2.0, ["A", "A"]),
        (3.9, ["A", "A", "A"]),
        (4.0, ["A", "A", "A/F"]),
        (5.0, ["A", "A", "A/F", "A"]),
        (99.0, ["A", "A", "A/F", "A", "A/F"]),
    ],
)
def test_follow_ups_are_paid_for_and_those_that_do_not_apply_are_not(inputs, split, budget, found):
    examiner = Examiner((Listed("A"),), Exhaustive(), budget, follow_ups=(Follows(price=2.0),))
    look = examiner.look(inputs, split)
    assert [a.inquiry.code for a in look.asked] == found
    assert look.history.carried == budget - sum({"A": 1.0, "A/F": 2.0}[code] for code in found)
    assert told(a.outcome for a in look.unopened) == ([("A/F", 0, NotApplicable)] if found else []), (
        "only of what was asked and claimed nothing"
    )


def test_what_was_never_open_is_not_in_the_history_and_a_restored_run_has_the_same(inputs, split):
    """Live it holds what was asked; from a ledger, all outcomes of each look."""
    probe, histories = Listed("A"), [History(), History()]
    examiner = Examiner((probe,), Exhaustive(), 50.0, follow_ups=(Follows(),))
    for broken in ((), ("explore",), ()):
        probe.broken = broken
        look = examiner.look(inputs, split, histories[0])
        live = look.history
        histories = [live, histories[1].after(look.outcomes, live.carried)]
        assert histories[0] == histories[1]
        earlier = {(code, site.layer): e.look for (code, site), e in live.earlier.items()}
        assert ("A/F", 0) not in earlier
        last = live.looks - 1
        assert earlier["A", 1] == last
        assert earlier["A/F", 1] == (last if not broken else last - 1)


def test_a_follow_up_s_claim_is_measured_again_by_the_follow_up(inputs, split):
    examiner = Examiner((Listed("A"),), Exhaustive(), follow_ups=(Follows(),))
    first = examiner.examine(inputs, split)[2]
    again = examiner.confirm(Claim("A/F", first.site, first.explored, first.finding), inputs, split)
    assert again == first


def test_a_follow_up_without_a_claim_is_refused(inputs, split):
    asked = Examiner((Listed("A"),), Exhaustive()).look(inputs, split).asked
    with pytest.raises(LookupError, match=r"A/F follows a claim of A, and there is none"):
        followed_claim(Inquiry("A/F", Site(0, 0.0), 1.0), asked)
    assert followed_claim(Inquiry("A/F", Site(2, 1.0), 1.0), asked) == asked[2].outcome
