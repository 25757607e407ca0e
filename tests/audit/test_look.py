from __future__ import annotations

import pytest

from forewarn.audit.look import Examiner
from forewarn.auditset import Encoder
from forewarn.helpers import Exhaustive, FixedOrder, Recall
from forewarn.probes import Probe
from forewarn.probes.interview import Interview
from forewarn.records import Claim, Evidence, Failed, Interval, Nothing, Site
from forewarn.subjects.opening import open_subject


class Listed(Probe):
    """Claims at every layer and writes down which facts it was shown."""

    title, unit = "listed", "share"

    def __init__(self, code, price=1.0, broken=()):
        self.code, self.price, self.broken, self.shown = code, price, broken, []

    def sites(self, layout):
        return tuple(Site(layer, layer / layout.n_layers) for layer in range(layout.n_layers + 1))

    def cost(self, interview):
        return self.price

    def explore(self, interview, site, split):
        if "explore" in self.broken:
            raise RuntimeError("cannot explore")
        self.shown.append(("explore", site.layer))
        return Claim(self.code, site, 0.5, "{}") if site.layer else Nothing(self.code, site, "none", 6)

    def confirm(self, interview, claim, split):
        if "confirm" in self.broken:
            raise KeyError("cannot confirm")
        self.shown.append(("confirm", claim.site.layer))
        interval, n = Interval(0.0, 1.0, 0.95), len(split.confirm)
        said, digest = "a claim", interview.subject.digest
        return Evidence(
            self.code, said, claim.site, 0.4, self.unit, interval, 0.0, n, claim.explored, "{}", digest
        )


@pytest.fixture
def interview(tiny, model):
    audit_set, encoder = tiny.audit_set(), Encoder()
    prompts = [encoder.prompt(f, audit_set.contexts[0].parts).ids for f in audit_set.facts[:4]]
    return Interview(open_subject(model, None, prompts, digest="d"), audit_set, encoder)


@pytest.fixture
def split(tiny):
    return tiny.audit_set().split(0)


def test_questions_are_asked_in_the_probes_order_each_claim_confirmed_at_once(interview, split):
    first, second = Listed("A"), Listed("B")
    outcomes = Examiner((first, second), Exhaustive()).examine(interview, split)
    assert [(o.code, o.site.layer, type(o)) for o in outcomes] == [
        ("A", 0, Nothing), ("A", 1, Evidence), ("A", 2, Evidence),
        ("B", 0, Nothing), ("B", 1, Evidence), ("B", 2, Evidence),
    ]  # fmt: skip
    order = [("explore", 0), ("explore", 1), ("confirm", 1), ("explore", 2), ("confirm", 2)]
    assert first.shown == second.shown == order
    assert {o.n for o in outcomes if isinstance(o, Evidence)} == {len(split.confirm)}


def test_the_helper_decides_the_order(interview, split):
    outcomes = Examiner((Listed("A"), Listed("B")), FixedOrder(("B", "A"))).examine(interview, split)
    assert [(o.code, o.site.layer) for o in outcomes] == [
        ("B", 0), ("A", 0), ("B", 1), ("A", 1), ("B", 2), ("A", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("budget", "asked"), [(0.5, 0), (1.0, 1), (4.9, 4), (5.0, 5), (99.0, 6)])
def test_a_look_spends_no_more_than_its_budget(interview, split, budget, asked):
    examiner = Examiner((Listed("A"), Listed("B")), Exhaustive(), budget)
    assert len(examiner.examine(interview, split)) == asked
    assert len(examiner.examine(interview, split)) == asked, "every look has its budget anew"


def test_what_is_dear_is_passed_over_for_what_is_affordable(interview, split):
    outcomes = Examiner((Listed("A", price=10.0), Listed("B")), Exhaustive(), 3.0).examine(interview, split)
    assert [o.code for o in outcomes] == ["B"] * 3


@pytest.mark.parametrize(
    ("where", "message", "failures"),
    [("explore", "RuntimeError: cannot explore", 3), ("confirm", "KeyError: 'cannot confirm'", 2)],
)
def test_a_probe_that_raises_fails_alone(interview, split, where, message, failures):
    outcomes = Examiner((Listed("A", broken=(where,)), Listed("B")), Exhaustive()).examine(interview, split)
    failed = [o for o in outcomes if isinstance(o, Failed)]
    assert [(o.code, o.error) for o in failed] == [("A", message)] * failures
    assert [type(o) for o in outcomes if o.code == "B"] == [Nothing, Evidence, Evidence]


def test_an_interruption_is_no_failure_of_a_probe(interview, split, monkeypatch):
    probe = Listed("A")
    monkeypatch.setattr(probe, "explore", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        Examiner((probe,), Exhaustive()).examine(interview, split)


def test_what_is_left_over_is_saved_up_to_the_most(interview, split):
    examiner = Examiner(
        (Listed("A", price=5.0), Listed("B")), FixedOrder(("A",), patient=True), 2.0, most=7.0
    )
    recall, found = Recall(), []
    for _ in range(6):
        asked = examiner.ask(interview, split, recall)
        recall = examiner.recalled(recall, asked)
        found.append((len(asked), recall.saved))
    assert found == [(0, 2.0), (0, 4.0), (1, 1.0), (0, 3.0), (1, 0.0), (0, 2.0)]
    assert recall.looks == 6
    assert {q[0] for q in recall.earlier} == {"A"}


def test_a_helper_sees_what_is_known_and_what_came_of_earlier_looks(interview, split):
    seen = []

    class Watcher:
        name = "watcher"

        def next(self, situation):
            seen.append(situation)
            return next(iter(situation.affordable), None)

    examiner = Examiner((Listed("A"),), Watcher())
    recall = examiner.recalled(Recall(), examiner.ask(interview, split))
    examiner.ask(interview, split, recall)
    facts = interview.audit_set.facts
    assert {s.known for s in seen} == {len(interview.known(facts)) / len(facts)}
    assert [len(s.asked) for s in seen] == [0, 1, 2, 3] * 2
    assert seen[-1].recall == recall
