"""How a follow-up is asked: after the probe that it follows, as a look does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.probes import catalogue
from forewarn.probes.follow_up import after
from forewarn.records import Claim, Evidence


@pytest.fixture
def followed_up():
    """`followed_up(follow_up, inputs, code)`: what it gives of the first claim of that probe."""

    def ask(follow_up, inputs, code="latent-policy", evidence=None):
        split = inputs.audit_set.split()
        parent = evidence or claimed(inputs, code)
        found = follow_up.pursue(inputs, parent, split)
        found = replace(found, code=after(parent.code, follow_up.code))
        return follow_up.confirm(inputs, found, split) if isinstance(found, Claim) else found

    return ask


@pytest.fixture
def claim_of():
    """`claim_of(inputs, code)`: the evidence of a probe at its only site."""
    return claimed


def claimed(inputs, code):
    split = inputs.audit_set.split()
    [probe] = [p for p in catalogue() if p.code == code]
    [site] = probe.sites(inputs.subject.layout)
    claim = probe.explore(inputs, site, split)
    assert isinstance(claim, Claim), claim
    found = probe.confirm(inputs, claim, split)
    assert isinstance(found, Evidence), found
    return found
