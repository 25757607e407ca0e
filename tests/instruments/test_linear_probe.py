from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from forewarn.instruments.linear_probe import fit


def clouds(n_classes=4, each=30, d=12, seed=0, spread=1.5, shift=3.0):
    g = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=g)
    means = torch.randn(n_classes, d, generator=g) * shift
    labels = torch.arange(n_classes).repeat(each)
    noise = torch.randn(len(labels), d, generator=g) @ mixing * spread
    return means[labels] + noise, labels


def slow(states, labels, asked, shrinkage):
    """The definition, written with loops: log-density of each class, equal priors, one covariance."""
    x, y = states.double().numpy(), labels.numpy()
    d = x.shape[1]
    classes = sorted(set(y.tolist()))
    means = {c: sum(x[i] for i in range(len(y)) if y[i] == c) / sum(y == c) for c in classes}
    covariance = np.zeros((d, d))
    for row, label in zip(x, y, strict=True):
        covariance += np.outer(row - means[label], row - means[label]) / len(x)
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / d * np.eye(d)
    inverse = np.linalg.inv(shrunk)
    out = []
    for row in asked.double().numpy():
        density = {c: -0.5 * (row - means[c]) @ inverse @ (row - means[c]) for c in classes}
        out.append(max(classes, key=density.__getitem__))
    return out


@pytest.mark.parametrize("shrinkage", [0.05, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_the_definition_says(seed, shrinkage):
    states, labels = clouds(seed=seed)
    asked, _ = clouds(seed=seed + 100)
    assert fit(states, labels, shrinkage)(asked).tolist() == slow(states, labels, asked, shrinkage)


@pytest.mark.parametrize("solver", ["lsqr", "eigen"])
def test_it_is_what_scikit_learn_gives_without_standardising(solver):
    """scikit-learn shrinks in standardised units; with whitened axes of unit scale both are the same."""
    states, labels = clouds(seed=5)
    within = states - torch.stack([states[labels == c].mean(0) for c in range(4)])[labels]
    states = states / within.std(0, unbiased=False)
    asked, _ = clouds(seed=6)
    peer = LinearDiscriminantAnalysis(solver=solver, shrinkage=0.1, priors=[0.25] * 4)
    peer.fit(states.double().numpy(), labels.numpy())
    assert fit(states, labels, 0.1)(asked).tolist() == peer.predict(asked.double().numpy()).tolist()


def test_full_shrinkage_is_the_nearest_mean():
    states, labels = clouds()
    means = torch.stack([states[labels == c].mean(0) for c in range(4)])
    asked, _ = clouds(seed=9)
    assert torch.equal(fit(states, labels, 1.0)(asked), torch.cdist(asked, means).argmin(-1))


def test_it_reads_new_states_and_chance_where_there_is_nothing():
    states, labels = clouds(each=60, spread=0.5)
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(0))
    half, rest = order[: len(order) // 2], order[len(order) // 2 :]
    hits = fit(states[half], labels[half])(states[rest]) == labels[rest]
    assert hits.double().mean() > 0.95
    noise = torch.randn(states.shape, generator=torch.Generator().manual_seed(1))
    chance = (fit(noise[half], labels[half])(noise[rest]) == labels[rest]).double().mean()
    # 120 fair draws of a quarter: 0.25 +- 4 standard deviations.
    assert 0.09 < chance < 0.41


def test_neither_scale_nor_place_nor_order_matter():
    states, labels = clouds()
    asked, _ = clouds(seed=3)
    said = fit(states, labels)(asked)
    assert torch.equal(fit(1000 * states + 7, labels)(1000 * asked + 7), said)
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(0))
    assert torch.equal(fit(states[order], labels[order])(asked), said)


def test_labels_are_given_back_as_they_were():
    states, labels = clouds(n_classes=2)
    assert set(fit(states, labels * 40 + 2)(states).tolist()) == {2, 42}


def test_fewer_states_than_dimensions_and_constant_states_are_no_trouble():
    states, labels = clouds(each=2, d=40, spread=0.1)
    assert torch.equal(fit(states, labels)(states), labels)
    assert fit(torch.ones(4, 3), torch.tensor([0, 0, 1, 1]))(torch.ones(1, 3)).tolist() == [0]


def test_one_answer_is_not_enough():
    with pytest.raises(ValueError, match="at least two answers; found 1"):
        fit(torch.zeros(3, 2), torch.zeros(3, dtype=torch.long))
