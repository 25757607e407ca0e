from __future__ import annotations

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from forewarn.lab.baselines.directions import LEAST_SCALE, RIDGE, Yardstick, scales, separating


def clouds(n=200, d=6, apart=2.0, seed=0):
    """Two clouds that differ in the first entry; entries have very different scales."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3 == 0
    states = torch.randn(n, d, generator=random, dtype=torch.float64)
    states[:, 0] += apart * labels
    return states * torch.logspace(-1, 2, d, dtype=torch.float64), labels


@pytest.mark.parametrize("apart", [0.0, 1.0, 30.0])
def test_the_fit_is_that_of_scikit_learn(apart):
    states, labels = clouds(apart=apart)
    x = (states - states.mean(0)) / states.std(0, correction=0)
    slow = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=5000).fit(x.numpy(), labels.numpy())
    expected = torch.from_numpy(slow.coef_[0]) / states.std(0, correction=0)
    torch.testing.assert_close(separating(states, labels), expected, rtol=1e-4, atol=1e-6)


def test_the_fit_is_a_minimum():
    states, labels = clouds()
    x = (states - states.mean(0)) / scales(states)
    weight = (separating(states, labels) * scales(states)).requires_grad_(True)
    intercept = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def loss():
        odds = x @ weight + intercept
        likelihood = torch.nn.functional.binary_cross_entropy_with_logits(
            odds, labels.double(), reduction="sum"
        )
        return likelihood + RIDGE / 2 * weight.square().sum()

    best = torch.optim.LBFGS([intercept], line_search_fn="strong_wolfe", max_iter=200, tolerance_grad=1e-12)

    def closure():
        best.zero_grad()
        value = loss()
        value.backward(inputs=[intercept])
        return value

    best.step(closure)
    (gradient,) = torch.autograd.grad(loss(), [weight])
    assert float(gradient.abs().max()) < 1e-5


def test_with_one_label_there_is_no_direction():
    states, labels = clouds()
    for one in (torch.zeros_like(labels), torch.ones_like(labels)):
        assert not separating(states, one).any()
    assert not separating(states[:0], labels[:0]).any()


def test_groups_that_do_not_differ_have_no_direction():
    states, _ = clouds()
    twice = torch.cat([states, states])
    assert not separating(twice, torch.arange(len(twice)) < len(states)).any()


def test_an_entry_that_does_not_vary_is_not_blown_up():
    states, labels = clouds()
    states[:, 2] = 5.0
    found = scales(states)
    assert float(found[2]) == pytest.approx(
        LEAST_SCALE * float(states.std(0, correction=0).square().mean().sqrt())
    )
    assert float(separating(states, labels)[2]) == pytest.approx(0.0, abs=1e-9)


def test_a_yardstick_is_set_by_ordinary_states():
    states, _ = clouds(n=1000, apart=0.0)
    stick = Yardstick.of(torch.eye(6, dtype=torch.float64)[0], states)
    score, share = stick.figures(states)
    assert score == pytest.approx(0.0, abs=1e-9)
    assert share == pytest.approx(0.01, abs=0.002)
    moved = states.clone()
    moved[:, 0] += 5 * stick.unit
    score, share = stick.figures(moved)
    assert score == pytest.approx(5.0)
    assert share > 0.95


def test_its_unit_does_not_depend_on_the_directions_length():
    states, labels = clouds()
    direction = separating(states, labels)
    short, long = (Yardstick.of(k * direction, states[~labels]).figures(states) for k in (1.0, 40.0))
    assert short == pytest.approx(long)


@pytest.mark.parametrize("case", ["no ordinary", "no direction", "no states"])
def test_what_cannot_be_had_is_nan(case):
    states, labels = clouds()
    direction = separating(states, labels) * (case != "no direction")
    ordinary = states[:0] if case == "no ordinary" else states
    found = Yardstick.of(direction, ordinary).figures(states[:0] if case == "no states" else states)
    assert all(map(math.isnan, found))
