"""Intervals cover: by exact sums over all outcomes where that is possible, else by simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from forewarn.stats import bootstrap_mean, clopper_pearson, paired_difference, wilson

GRID = np.linspace(0.005, 0.995, 199)


def coverage(method, n, p, level=0.95):
    return sum(binom.pmf(k, n, p) for k in range(n + 1) if p in method(k, n, level))


@pytest.mark.parametrize("n", [5, 20, 60])
def test_clopper_pearson_covers_at_every_share(n):
    assert min(coverage(clopper_pearson, n, p) for p in GRID) >= 0.95


@pytest.mark.parametrize("n", [5, 20, 60])
def test_wilson_covers_on_average_and_is_never_far_below(n):
    found = [coverage(wilson, n, p) for p in GRID]
    assert 0.945 <= np.mean(found) <= 0.975
    assert min(found) > 0.83


@pytest.mark.parametrize("n", [15, 30])
def test_paired_difference_covers_on_average_and_is_never_far_below(n):
    pairs = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    ends = [paired_difference(b, c, n) for b, c in pairs]
    counts = np.array([(b, c, n - b - c) for b, c in pairs])
    found = []
    for p, q in product((0.01, 0.05, 0.1, 0.2, 0.3, 0.45), repeat=2):
        chances = multinomial.pmf(counts, n, [p, q, 1 - p - q])
        found.append(sum(chance for chance, interval in zip(chances, ends, strict=True) if p - q in interval))
    assert 0.945 <= np.mean(found) <= 0.985
    assert min(found) > 0.92


def test_the_bootstrap_covers_nearly_as_often_as_it_says():
    # 400 samples; the count of misses fails this test by chance less than once in 10,000 seeds.
    generator = np.random.default_rng(20)
    samples = generator.exponential(size=(400, 60))
    covered = sum(1.0 in bootstrap_mean(s.tolist(), seed=k, resamples=400) for k, s in enumerate(samples))
    assert covered >= binom.ppf(1e-4, 400, 0.92)
    assert covered <= 398


@pytest.mark.long
@pytest.mark.parametrize("n", [100, 300])
def test_shares_cover_in_large_samples(n):
    grid = np.linspace(0.001, 0.999, 999)
    assert min(coverage(clopper_pearson, n, p) for p in grid) >= 0.95
    assert 0.945 <= np.mean([coverage(wilson, n, p) for p in grid]) <= 0.96


@pytest.mark.long
def test_paired_difference_covers_on_a_fine_grid():
    n = 50
    pairs = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    ends = [paired_difference(b, c, n) for b, c in pairs]
    low, high = np.array([e.low for e in ends]), np.array([e.high for e in ends])
    counts = np.array([(b, c, n - b - c) for b, c in pairs])
    found = []
    for p, q in product(np.linspace(0.01, 0.49, 25), repeat=2):
        inside = (low <= p - q) & (p - q <= high)
        found.append(multinomial.pmf(counts, n, [p, q, 1 - p - q])[inside].sum())
    assert 0.945 <= np.mean(found) <= 0.975
    assert min(found) > 0.92
