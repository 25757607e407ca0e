"""Intervals against their definitions: tests inverted by brute force, exact sums, and closed limits."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.stats import bootstrap_mean, clopper_pearson, paired_difference, wilson

Z95 = 1.959963984540054


def shares(smallest=1, largest=60):
    counts = st.integers(smallest, largest)
    return counts.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def ends_of_accepted(accepted, grid):
    inside = [value for value in grid if accepted(value)]
    return inside[0], inside[-1]


@pytest.mark.parametrize(("k", "n"), [(0, 7), (1, 10), (5, 10), (9, 10), (12, 12), (40, 96)])
def test_wilson_holds_the_shares_that_the_score_test_does_not_reject(k, n):
    grid = np.linspace(0, 1, 200_001)

    def accepted(p):
        return (k / n - p) ** 2 <= Z95**2 * p * (1 - p) / n + 1e-15

    low, high = ends_of_accepted(accepted, grid)
    assert wilson(k, n).low == pytest.approx(low, abs=1e-5)
    assert wilson(k, n).high == pytest.approx(high, abs=1e-5)


def test_wilson_against_a_published_table():
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    found = [wilson(k, n) for k, n in [(81, 263), (15, 148), (0, 20), (1, 29)]]
    published = [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]
    assert [(round(i.low, 4), round(i.high, 4)) for i in found] == published


def binomial_tail(k, n, p, upper):
    p = Fraction(p)
    counts = range(k, n + 1) if upper else range(k + 1)
    return float(sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in counts))


@pytest.mark.parametrize(("k", "n"), [(1, 5), (3, 10), (9, 10), (17, 40)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_clopper_pearson_leaves_exactly_half_the_rest_in_each_tail(k, n, level):
    interval = clopper_pearson(k, n, level)
    assert binomial_tail(k, n, interval.low, upper=True) == pytest.approx((1 - level) / 2, abs=1e-9)
    assert binomial_tail(k, n, interval.high, upper=False) == pytest.approx((1 - level) / 2, abs=1e-9)


def test_clopper_pearson_at_the_ends_follows_the_rule_of_three():
    assert clopper_pearson(0, 100).low == 0.0
    assert clopper_pearson(0, 100).high == pytest.approx(1 - 0.025 ** (1 / 100))
    assert clopper_pearson(100, 100).low == pytest.approx(0.025 ** (1 / 100))
    assert clopper_pearson(100, 100).high == 1.0


def constrained_log_likelihood(delta, q, b, c, n):
    """Log-likelihood of b, c and the rest, with shares q + delta, q and what remains."""
    return sum(
        count * math.log(share) if count else 0.0
        for count, share in [(b, q + delta), (c, q), (n - b - c, 1 - 2 * q - delta)]
    )


def slow_tango_statistic(delta, b, c, n):
    """Score statistic with the nuisance share found by a golden search, not by its formula."""
    low, high = max(0.0, -delta) + 1e-12, (1 - delta) / 2 - 1e-12
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(200):
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if constrained_log_likelihood(delta, one, b, c, n) < constrained_log_likelihood(
            delta, other, b, c, n
        ):
            low = one
        else:
            high = other
    q = (low + high) / 2
    return (b - c - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))


@pytest.mark.parametrize(
    ("b", "c", "n"), [(3, 1, 10), (12, 4, 40), (1, 9, 20), (5, 5, 12), (30, 2, 44), (0, 1, 44)]
)
def test_paired_difference_ends_where_the_score_test_begins_to_reject(b, c, n):
    interval = paired_difference(b, c, n)
    assert slow_tango_statistic(interval.low, b, c, n) == pytest.approx(Z95, abs=1e-3)
    assert slow_tango_statistic(interval.high, b, c, n) == pytest.approx(-Z95, abs=1e-3)


@pytest.mark.parametrize("n", [1, 4, 30])
def test_paired_difference_without_any_disagreement_is_not_certain(n):
    interval = paired_difference(0, 0, n)
    assert interval.high == pytest.approx(Z95**2 / (n + Z95**2))
    assert interval.low == pytest.approx(-interval.high)


def test_paired_difference_reaches_the_ends_of_its_range():
    assert paired_difference(8, 0, 8).high == 1.0
    assert paired_difference(0, 8, 8).low == -1.0
    assert paired_difference(8, 0, 8).low > 0.3


@given(shares(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_shares_stand_inside_their_intervals_and_turn_with_them(share, level):
    k, n = share
    for method in (wilson, clopper_pearson):
        interval, mirrored = method(k, n, level), method(n - k, n, level)
        assert 0.0 <= interval.low <= k / n <= interval.high <= 1.0
        assert interval.level == level
        assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40), st.sampled_from([0.5, 0.95, 0.999]))
def test_paired_differences_stand_inside_their_intervals_and_turn_with_them(b, c, rest, level):
    n = b + c + rest + 1
    there, back = paired_difference(b, c, n, level), paired_difference(c, b, n, level)
    assert (b - c) / n in there
    assert (there.low, there.high) == (-back.high, -back.low)
    assert -1.0 <= there.low <= there.high <= 1.0


@pytest.mark.parametrize("method", [wilson, clopper_pearson])
def test_intervals_narrow_with_more_units_and_widen_with_the_level(method):
    def width(k, n, level):
        return method(k, n, level).high - method(k, n, level).low

    assert width(3, 10, 0.95) > width(30, 100, 0.95) > width(300, 1000, 0.95)
    assert width(3, 10, 0.8) < width(3, 10, 0.95) < width(3, 10, 0.99)


def test_bootstrap_agrees_with_the_normal_interval_of_many_values():
    values = np.random.default_rng(4).normal(2.0, 3.0, size=400)
    interval, half = (
        bootstrap_mean(values.tolist(), seed=1, resamples=4000),
        Z95 * values.std() / math.sqrt(400),
    )
    assert interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.03)


def test_bootstrap_agrees_with_all_resamples_of_few_values():
    values = [0.0, 1.0, 5.0]
    means = sorted((a + b + c) / 3 for a in values for b in values for c in values)
    interval = bootstrap_mean(values, seed=0, level=0.8, resamples=20_000)
    assert (interval.low, interval.high) == pytest.approx((means[2], means[-3]), abs=1e-12)


def test_bootstrap_repeats_under_a_seed_and_leaves_the_global_generator_alone():
    values = (np.linspace(0, 1, 30) ** 2).tolist()
    before = np.random.get_state()[1].tolist()
    assert bootstrap_mean(values, seed=7) == bootstrap_mean(values, seed=7)
    assert bootstrap_mean(values, seed=7) != bootstrap_mean(values, seed=8)
    assert np.random.get_state()[1].tolist() == before


def test_bootstrap_holds_the_mean_where_one_value_carries_it():
    values = [0.0] * 99 + [1000.0]
    assert 10.0 in bootstrap_mean(values, seed=3, level=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(0, 0), r"n >= 1 units; found 0\. Report NotApplicable"),
        (lambda: clopper_pearson(0, 0), "Report NotApplicable"),
        (lambda: paired_difference(0, 0, 0), "Report NotApplicable"),
        (lambda: wilson(5, 4), "found 5 of 4"),
        (lambda: clopper_pearson(-1, 4), "found -1 of 4"),
        (lambda: paired_difference(3, 2, 4), "found 5 of 4"),
        (lambda: paired_difference(-1, 2, 4), "negative; found -1 and 2"),
        (lambda: wilson(1, 2, level=1.0), r"strictly between 0 and 1.*found 1\.0"),
        (lambda: clopper_pearson(1, 2, level=95), "found 95"),
        (lambda: bootstrap_mean([], seed=0), "at least 2 .*Report NotApplicable"),
        (lambda: bootstrap_mean([1.0], seed=0), "at least 2"),
        (lambda: bootstrap_mean([1.0, math.nan], seed=0), "finite"),
        (lambda: bootstrap_mean([1.0, 2.0], seed=0, level=0.0), "strictly between"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
