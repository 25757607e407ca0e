from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from forewarn.lenses.site_quality import SiteQuality
from forewarn.records import StreamSite


def test_it_is_a_frozen_value_told_by_its_site():
    found = SiteQuality(StreamSite(1, True), 1.0, 0.5, 0.1, 0.9, 0.8, 24)
    assert (str(found.site), found.identity_kl, found.tuned_kl) == ("1a", 1.0, 0.5)
    assert found == SiteQuality(StreamSite(1, True), 1.0, 0.5, 0.1, 0.9, 0.8, 24)
    with pytest.raises(FrozenInstanceError):
        found.tuned_kl = 0.0
