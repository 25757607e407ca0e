from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.transports import Regression, matrix
from forewarn.records import StreamSite

A, B = StreamSite(0), StreamSite(1)


class Table:
    """Covariances of given states."""

    def __init__(self, states):
        self.states = {site: h - h.mean(0) for site, h in states.items()}

    def covariance(self, first, second):
        return self.states[first].T @ self.states[second] / len(self.states[first])


@pytest.fixture
def states(draw):
    h = draw(0, 200, 4) @ draw(1, 4, 4)
    return {A: h + 3.0, B: h @ draw(2, 4, 4).T + 0.3 * draw(3, 200, 4) - 5.0}


def test_without_ridge_it_is_least_squares_on_centred_states(states):
    x, y = (states[site] - states[site].mean(0) for site in (A, B))
    expected = torch.linalg.lstsq(x, y).solution.T
    torch.testing.assert_close(matrix(Regression(Table(states), 0.0), 4, A, B), expected)


@pytest.mark.parametrize("ridge", [0.1, 2.0])
def test_it_is_where_the_penalised_error_has_no_gradient(states, ridge):
    x, y = (states[site] - states[site].mean(0) for site in (A, B))
    found = matrix(Regression(Table(states), ridge), 4, A, B).requires_grad_()
    weight = ridge * (x**2).mean()
    loss = ((y - x @ found.T) ** 2).sum(1).mean() + weight * ((found - torch.eye(4)) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, found)
    assert gradient.abs().max() < 1e-10 * float(loss.detach())


def test_a_large_ridge_gives_the_identity(states):
    found = matrix(Regression(Table(states), 1e9), 4, A, B)
    torch.testing.assert_close(found, torch.eye(4).double(), atol=1e-7, rtol=0)


def test_the_ridge_has_no_unit(states):
    larger = {site: 1e3 * h for site, h in states.items()}
    once, again = (matrix(Regression(Table(s), 0.5), 4, A, B) for s in (states, larger))
    torch.testing.assert_close(once, again)


def test_directions_that_do_not_vary_are_left_out_without_ridge_and_kept_with_it(states):
    flat = {site: torch.cat([h, torch.zeros(200, 1)], 1) for site, h in states.items()}
    last = torch.eye(5, dtype=torch.float64)[4:]
    assert Regression(Table(flat), 0.0).push(last, A, B).abs().max() < 1e-12
    torch.testing.assert_close(Regression(Table(flat), 1.0).push(last, A, B), last)


def test_its_spread_is_that_of_refits_on_groups(states):
    groups = [{site: h[k::4] for site, h in states.items()} for k in range(4)]
    made = Regression(Table(states), 0.1, [Table(group) for group in groups])
    assert 0.0 < made.spread(A, B) < 0.3
    same = Regression(Table(states), 0.1, [Table(states)] * 2)
    assert same.spread(A, B) < 1e-12
    with pytest.raises(NotApplicableError, match="at least 2 refits"):
        Regression(Table(states)).spread(A, B)


@pytest.mark.parametrize("ridge", [-1.0, float("nan"), float("inf")])
def test_a_ridge_that_is_none_is_refused(states, ridge):
    with pytest.raises(ConfigurationError, match=r"a ridge is 0 \(the fit alone\)"):
        Regression(Table(states), ridge)
