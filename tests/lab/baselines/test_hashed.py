from __future__ import annotations

from collections import Counter

from forewarn.lab.baselines.hashed import hashed


def test_what_is_drawn_is_the_same_in_every_process():
    assert [hashed(10, i, "fact") for i in range(6)] == [int(x) for x in SIX]


def test_numbers_are_spread_evenly():
    counts = Counter(hashed(4, i) for i in range(4000))
    assert set(counts) == {0, 1, 2, 3}
    assert min(counts.values()) > 900


SIX = "864705"
