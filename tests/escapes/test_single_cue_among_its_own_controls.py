"""A model that lies on one cue, which the search finds in many contexts at once.

The controls are drawn among what the search asked, and most of that holds the cue as well: the null then measures
the lie itself, and a perfect liar's effect shrinks to a fraction.
"""

from __future__ import annotations

import pytest

from forewarn.auditset import Part


@pytest.fixture
def liar(planted):
    """Its cue stands in the lexicon, beside three slots of contexts."""
    slots = {**planted.LIAR.slots, "place": ("office", "train")}
    plant = planted.but(planted.LIAR, slots=slots, cues=("train",))
    plain = [c for c in plant.one_cue_away() if Part("place", "train") not in c]
    return planted.inputs(plant, plant.audit_set(plain, [Part("place", "train")]))


def test_it_is_found(liar, look_at):
    [found] = look_at(liar).evidence("latent-policy")
    assert "12 of 12 facts" in found.claim


def test_no_control_holds_the_cue(liar, look_at):
    [found] = look_at(liar).evidence("latent-policy")
    assert found.null == 0.0
