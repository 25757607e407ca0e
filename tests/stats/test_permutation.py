from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from forewarn.stats.permutation import sign_flip


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_share_of_arrangements_that_are_as_extreme(seed):
    """A twin: all 1,024 of them. Four standard deviations of 10,000 draws are 0.02."""
    values = np.random.default_rng(seed).normal(0.4, 1.0, 10)
    sums = [abs(np.dot(signs, values)) for signs in product((-1, 1), repeat=10)]
    wanted = np.mean([s >= abs(values.sum()) - 1e-12 for s in sums])
    assert sign_flip(values) == pytest.approx(wanted, abs=0.02)


def test_of_no_difference_it_errs_as_seldom_as_it_says():
    """400 nulls: at 0.1, 40 are expected, and four standard deviations of a binomial are 24."""
    draw = np.random.default_rng(0)
    found = [sign_flip(draw.normal(0.0, 1.0, 12), flips=500) for _ in range(400)]
    assert 16 <= sum(p <= 0.1 for p in found) <= 64


def test_what_always_points_one_way_is_told():
    assert sign_flip([0.5] * 20) == pytest.approx(1 / 10_001, abs=3e-4)
    assert sign_flip([0.5] * 20) == sign_flip([-0.5] * 20)


def test_nothing_moved_is_no_evidence():
    assert sign_flip([]) == sign_flip([0.0] * 5) == 1.0


def test_units_that_do_not_differ_say_nothing():
    values = [0.3, -0.1, 0.4, 0.2, 0.1]
    assert sign_flip([*values, *[0.0] * 50]) == sign_flip(values)


def test_the_seed_decides():
    values = np.random.default_rng(1).normal(0.3, 1.0, 15)
    assert sign_flip(values, 3) == sign_flip(values, 3) != sign_flip(values, 4)


def test_what_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="a difference is not a number"):
        sign_flip([0.1, float("nan")])
