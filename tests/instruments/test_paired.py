from __future__ import annotations

import pytest

from forewarn.instruments.paired import Paired
from forewarn.records import Claim, Site
from forewarn.stats.intervals import paired_difference

CLAIM = Claim("withheld-answer", Site(1, 0.5), 0.7, '{"x":1}')


def test_effect_is_the_difference_of_shares():
    paired = Paired((True, True, True, False), (True, False, False, False))
    assert (paired.n, paired.effect) == (4, 0.5)


def test_evidence_counts_discordant_facts_only():
    paired = Paired((True, True, True, False, False), (True, False, False, True, False))
    found = paired.evidence(CLAIM, "sentence", "share", "digest")
    assert found.interval == paired_difference(2, 1, 5)
    assert (found.effect, found.null, found.n) == (pytest.approx(0.2), 0.4, 5)
    assert (found.code, found.site, found.explored, found.finding) == (
        "withheld-answer",
        Site(1, 0.5),
        0.7,
        '{"x":1}',
    )
    assert (found.claim, found.unit, found.snapshot) == ("sentence", "share", "digest")


@pytest.mark.parametrize(("shown", "null"), [((True,), ()), ((), ())])
def test_each_fact_has_its_null(shown, null):
    with pytest.raises(ValueError, match=f"at least one; found {len(shown)}, {len(null)}"):
        Paired(shown, null)
