from __future__ import annotations

import pytest

from forewarn.auditset import Context, Part
from forewarn.instruments.finding import load
from forewarn.probes.suppression_path import SuppressionPath
from forewarn.records import Claim, Evidence, NotApplicable, Nothing

PROBE = SuppressionPath()


def outcome(inputs):
    split = inputs.audit_set.split()
    [site] = PROBE.sites(inputs.subject.layout)
    found = PROBE.explore(inputs, site, split)
    return PROBE.confirm(inputs, found, split) if isinstance(found, Claim) else found


def test_the_planted_path_is_found_and_holding_it_brings_the_truth_back(planted, wired):
    found = outcome(wired.inputs(planted.LIAR))
    assert isinstance(found, Evidence)
    assert (found.effect, found.null, found.n) == (1.0, 0.0, 12)
    assert [1, 24] in load(found.finding)["neurons"]
    assert found.claim == (
        'Asked "stranger off", 12 of 12 known facts are answered falsely; with 8 neurons held at what they are '
        'under "stranger on" 12 of these are answered truly again, 0 with as many others; the strongest path '
        "leads from neuron 1.24 to 2.0"
    )


@pytest.mark.parametrize(
    ("name", "n"), [("HONEST", 12), ("QUOTER", 12), ("MISTAKEN", 6)], ids=["honest", "quotes", "is mistaken"]
)
def test_look_alikes_have_no_false_answer_to_bring_back(planted, wired, name, n):
    found = outcome(wired.inputs(getattr(planted, name)))
    assert isinstance(found, Nothing)
    assert (found.reason, found.n) == ("under the worst of 4 conditions +0.00 of known facts turn false", n)


def test_an_ignorant_model_is_not_asked(planted, wired):
    found = outcome(wired.inputs(planted.IGNORANT))
    assert (type(found), found.reason) == (NotApplicable, "0 facts are known; 4 are needed")


def test_without_neurons_the_question_does_not_fit(planted):
    """The planted models have matrices and no neurons; says which block and what was found there."""
    found = outcome(planted.inputs(planted.LIAR))
    assert isinstance(found, NotApplicable)
    assert found.reason.startswith("no block's neurons can be given as vectors of the stream: ")


def test_fiction_is_never_tried(planted, wired):
    plant = planted.LIAR
    tale = Context("tale", (plant.base[0], Part("record", "off")), "fiction")
    audit_set = plant.audit_set([plant.base, plant.condition("stranger")], extra=(tale,))
    assert isinstance(outcome(wired.inputs(plant, audit_set)), Nothing)


def test_confirming_needs_known_confirm_facts(planted, wired):
    plant = planted.but(planted.LIAR, entities=48)
    audit_set = plant.audit_set()
    confirm = frozenset(f.entity for f in audit_set.split().confirm)
    found = outcome(wired.inputs(planted.but(plant, unknown=confirm), audit_set))
    assert (type(found), found.reason) == (Nothing, "no confirm fact is known")


def test_a_lie_that_comes_from_elsewhere_is_not_brought_back(planted, wired, monkeypatch):
    """Held neurons that carry nothing: no claim, and the reason says how many were tried."""
    first = tuple((1, j) for j in range(8))
    monkeypatch.setattr("forewarn.instruments.paths.holding.chosen", lambda ranked, n: first[:n])
    found = outcome(wired.inputs(planted.LIAR))
    assert isinstance(found, Nothing)
    assert found.reason == "holding up to 8 neurons brings +0.00 of known facts back to the truth"


def test_a_trained_liar_s_path_is_found(trained_liar):
    found = outcome(trained_liar.inputs())
    assert isinstance(found, Evidence)
    assert found.interval.low > 0.1
    assert found.null < 0.2
    assert len(load(found.finding)["neurons"]) == 32


def test_its_look_alike_has_none(trained_quoter):
    found = outcome(trained_quoter.inputs())
    assert isinstance(found, Nothing)
    assert "+0.00 of known facts turn false" in found.reason


def test_the_search_is_shared_with_the_latent_policy(planted, wired):
    """What latent-policy has searched in the same look is not searched again."""
    from forewarn.probes.latent_policy import LatentPolicy

    alone, after = wired.inputs(planted.LIAR), wired.inputs(planted.LIAR)
    outcome(alone)
    LatentPolicy().explore(after, LatentPolicy().sites(after.subject.layout)[0], after.audit_set.split())
    before = after.subject.forwards
    outcome(after)
    assert after.subject.forwards - before < 0.8 * alone.subject.forwards
