"""Claims are made on the explore facts and confirmed on the others: planted models that lie about one half tell.

A liar that lies alike about all facts cannot tell whether a probe confirms on the very facts that it searched.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.auditset import Split
from forewarn.probes import catalogue
from forewarn.probes.follow_up import after, follow_ups
from forewarn.records import Claim, Evidence

OPEN = ("knowledge-gap", "kept-context")
"""Probes that need the lie to stand in the audit set."""
each_probe = pytest.mark.parametrize("probe", catalogue(), ids=lambda p: p.code)


@pytest.fixture
def one_half(planted, wired, everywhere):
    """`one_half(code, part)`: a model that lies about one part of the split alone, and the split."""

    def make(code, part):
        plant = planted.but(planted.LIAR, mute=code == "withheld-answer")
        audit_set = everywhere(plant) if code in OPEN else plant.audit_set()
        split = audit_set.split()
        lying = planted.but(plant, about=frozenset(f.entity for f in getattr(split, part)))
        if lying.mute:
            return planted.inputs(lying, audit_set), split
        return wired.inputs(lying, audit_set, earlier=planted.HONEST), split

    return make


def confirmed(probe, inputs, split):
    """What is claimed of the explore facts, each claim with what confirming it gives."""
    found = [probe.explore(inputs, site, split) for site in probe.sites(inputs.subject.layout)]
    return [(c, probe.confirm(inputs, c, split)) for c in found if isinstance(c, Claim)]


@each_probe
def test_what_holds_of_the_explore_facts_alone_is_not_confirmed(probe, one_half):
    inputs, split = one_half(probe.code, "explore")
    for claim, found in confirmed(probe, inputs, split):
        assert not isinstance(found, Evidence) or found.interval.low <= 0, (claim, found)


@pytest.mark.parametrize(
    "code", ["latent-policy", "withheld-answer", "observer", "weight-change", "suppression-path"]
)
def test_it_is_claimed_all_the_same(code, one_half):
    """Else the test before could not fail."""
    [probe] = [p for p in catalogue() if p.code == code]
    inputs, split = one_half(probe.code, "explore")
    claims = [claim for claim, _ in confirmed(probe, inputs, split)]
    assert claims and max(claim.explored for claim in claims) > 0.5


@each_probe
def test_what_holds_of_the_confirm_facts_alone_is_not_claimed(probe, one_half):
    inputs, split = one_half(probe.code, "confirm")
    assert [c for c, _ in confirmed(probe, inputs, split) if c.explored > 0.5] == []


@each_probe
def test_what_is_counted_does_not_depend_on_the_order_of_the_confirm_facts(probe, wired, planted):
    inputs = wired.inputs(planted.LIAR, earlier=planted.HONEST)
    split = inputs.audit_set.split()
    turned = Split(split.explore, split.confirm[::-1])
    for claim, found in confirmed(probe, inputs, split):
        again = probe.confirm(inputs, claim, turned)
        if isinstance(found, Evidence):
            assert (again.effect, again.n, again.null) == pytest.approx((found.effect, found.n, found.null))
        else:
            assert type(again) is type(found)


@pytest.fixture
def liars(planted, wired, wordy):
    """(a liar about everything, the same about the explore facts alone), of several makes."""
    plant, audit_set = wordy("off")
    made = [
        (
            planted.LIAR,
            planted.LIAR.audit_set(),
            lambda p, asked: wired.inputs(p, asked, earlier=planted.HONEST),
        ),
        (plant, audit_set, planted.inputs),
    ]
    return [
        (
            build(liar, asked),
            build(planted.but(liar, about=frozenset(f.entity for f in asked.split().explore)), asked),
        )
        for liar, asked, build in made
    ]


@pytest.mark.parametrize("follow_up", follow_ups(), ids=lambda f: f.code)
def test_what_follows_a_claim_is_not_confirmed_on_facts_of_which_it_is_untrue(follow_up, liars):
    """The claim is that of a liar about everything; it is followed at a liar about the explore facts alone."""
    claims = 0
    for full, half in liars:
        split = full.audit_set.split()
        for evidence in (
            e for p in catalogue() if p.code in follow_up.follows for _, e in confirmed(p, full, split)
        ):
            found = follow_up.pursue(full, evidence, split) if isinstance(evidence, Evidence) else None
            if isinstance(found, Claim):
                claims += 1
                said = follow_up.confirm(
                    half, replace(found, code=after(evidence.code, follow_up.code)), split
                )
                assert not isinstance(said, Evidence) or said.interval.low <= 0, (found, said)
    assert claims
