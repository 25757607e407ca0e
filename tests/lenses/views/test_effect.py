from __future__ import annotations

from forewarn.lenses.transports import Identity
from forewarn.lenses.views import effect_of


def test_only_the_identity_foretells_the_direct_effect(drawn):
    assert effect_of(Identity()) == effect_of(Identity(), Identity()) == "direct"
    assert effect_of(drawn.transport()) == "total"
    assert effect_of(Identity(), drawn.transport()) == "total"
    assert effect_of(drawn.lens_set(), Identity()) == "total"
