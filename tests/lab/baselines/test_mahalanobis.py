from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from forewarn.lab.baselines.mahalanobis import EXPLAINED, Cloud


def states(n=200, d=8, seed=0):
    random = torch.Generator().manual_seed(seed)
    scale = torch.tensor([4.0, 3.0, 2.0, 1.0, 0.5, 0.3, 0.2, 0.1], dtype=torch.float64)[:d]
    return torch.randn(n, d, generator=random, dtype=torch.float64) * scale + 7.0


def test_the_directions_are_the_leading_principal_ones():
    x = states()
    cloud, slow = Cloud.of(x), PCA().fit(x.numpy())
    k = int(np.searchsorted(slow.explained_variance_ratio_.cumsum(), EXPLAINED)) + 1
    assert len(cloud.variances) == k
    expected = torch.from_numpy(slow.explained_variance_[:k] * 199 / 200).flip(0)
    torch.testing.assert_close(cloud.variances, expected)


def test_a_cloud_is_at_distance_one_from_itself():
    assert Cloud.of(states()).figures(states()) == pytest.approx((1.0, 1.0))


def test_the_distance_is_that_of_the_definition():
    x, moved = states(), states(50, seed=1) + 1.5
    cloud = Cloud.of(x)
    inverse = torch.linalg.inv(
        cloud.directions.T @ ((x - x.mean(0)).T @ (x - x.mean(0)) / len(x)) @ cloud.directions
    )
    total, outside, own = 0.0, 0.0, 0.0
    project = cloud.directions @ cloud.directions.T
    for row in moved:
        z = cloud.directions.T @ (row - x.mean(0))
        total += float(z @ inverse @ z) / len(z) / len(moved)
        outside += float(((row - x.mean(0)) - project @ (row - x.mean(0))).square().sum()) / len(moved)
    for row in x:
        own += float(((row - x.mean(0)) - project @ (row - x.mean(0))).square().sum()) / len(x)
    assert cloud.figures(moved) == pytest.approx((total, outside / own))


def test_few_states_give_few_directions():
    assert len(Cloud.of(states(9)).variances) == 2
    assert len(Cloud.of(states(3)).variances) == 1


def test_a_move_outside_the_subspace_is_told_there():
    x = states()
    cloud = Cloud.of(x)
    away = torch.linalg.eigh((x - x.mean(0)).T @ (x - x.mean(0))).eigenvectors[:, 0]
    inside, outside = cloud.figures(x + 5.0 * away)
    assert inside == pytest.approx(1.0, abs=1e-6)
    assert outside > 10


def test_states_that_do_not_vary_give_no_unit():
    same = states()[:1].expand(20, -1)
    assert all(map(math.isnan, Cloud.of(same).figures(states())))
    assert all(map(math.isnan, Cloud.of(same).figures(same)))
