"""One solver, two problems: what states predict of later ones, and what the lenses read."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.transports import LayerMaps, matrix, regression, tuned
from forewarn.records import StreamSite

A, B, C = StreamSite(0), StreamSite(1), StreamSite(2)


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


def test_a_regression_without_ridge_it_is_least_squares_on_centred_states(states):
    x, y = (states[site] - states[site].mean(0) for site in (A, B))
    expected = torch.linalg.lstsq(x, y).solution.T
    torch.testing.assert_close(matrix(regression(Table(states), 0.0), 4, A, B), expected)


@pytest.mark.parametrize("ridge", [0.1, 2.0])
def test_a_regression_it_is_where_the_penalised_error_has_no_gradient(states, ridge):
    x, y = (states[site] - states[site].mean(0) for site in (A, B))
    found = matrix(regression(Table(states), ridge), 4, A, B).requires_grad_()
    weight = ridge * (x**2).mean()
    loss = ((y - x @ found.T) ** 2).sum(1).mean() + weight * ((found - torch.eye(4)) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, found)
    assert gradient.abs().max() < 1e-10 * float(loss.detach())


def test_a_regression_a_large_ridge_gives_the_identity(states):
    found = matrix(regression(Table(states), 1e9), 4, A, B)
    torch.testing.assert_close(found, torch.eye(4).double(), atol=1e-7, rtol=0)


def test_a_regression_the_ridge_has_no_unit(states):
    larger = {site: 1e3 * h for site, h in states.items()}
    once, again = (matrix(regression(Table(s), 0.5), 4, A, B) for s in (states, larger))
    torch.testing.assert_close(once, again)


def test_a_regression_directions_that_do_not_vary_are_left_out_without_ridge_and_kept_with_it(states):
    flat = {site: torch.cat([h, torch.zeros(200, 1)], 1) for site, h in states.items()}
    last = torch.eye(5, dtype=torch.float64)[4:]
    assert regression(Table(flat), 0.0).push(last, A, B).abs().max() < 1e-12
    torch.testing.assert_close(regression(Table(flat), 1.0).push(last, A, B), last)


def test_a_regression_its_spread_is_that_of_refits_on_groups(states):
    groups = [{site: h[k::4] for site, h in states.items()} for k in range(4)]
    made = regression(Table(states), 0.1, [Table(group) for group in groups])
    assert 0.0 < made.spread(A, B) < 0.3
    same = regression(Table(states), 0.1, [Table(states)] * 2)
    assert same.spread(A, B) < 1e-12
    with pytest.raises(NotApplicableError, match="at least 2 refits"):
        regression(Table(states)).spread(A, B)


@pytest.mark.parametrize("ridge", [-1.0, float("nan"), float("inf")])
def test_a_regression_a_ridge_that_is_none_is_refused(states, ridge):
    with pytest.raises(ConfigurationError, match=r"a ridge is 0 \(the fit alone\)"):
        regression(Table(states), ridge)


@pytest.fixture
def maps(draw):
    return LayerMaps(*({site: draw(k + site.stage, 4, 4) for site in (A, B, C)} for k in (0, 20)))


def test_tuned_one_lens_without_ridge_is_the_inverse_of_the_later_map_after_the_earlier(maps):
    found = matrix(tuned(LayerMaps(maps.forward, None), 0.0), 4, A, B)
    torch.testing.assert_close(found, torch.linalg.inv(maps.forward[B]) @ maps.forward[A])


@pytest.mark.parametrize("ridge", [0.0, 0.3, 5.0])
def test_tuned_it_is_where_the_penalised_error_has_no_gradient(maps, ridge):
    later, earlier = (torch.cat([maps.forward[site], maps.retro[site]]) for site in (B, A))
    found = matrix(tuned(maps, ridge), 4, A, B).requires_grad_()
    weight = ridge * torch.linalg.eigvalsh(later.T @ later).mean()
    loss = ((later @ found - earlier) ** 2).sum() + weight * ((found - torch.eye(4)) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, found)
    assert gradient.abs().max() < 1e-10 * float(loss.detach())


def test_tuned_a_large_ridge_gives_the_identity(maps):
    found = matrix(tuned(maps, 1e9), 4, A, B)
    torch.testing.assert_close(found, torch.eye(4).double(), atol=1e-7, rtol=0)


def test_tuned_the_ridge_has_no_unit(maps):
    larger = LayerMaps(*({s: 1e3 * m for s, m in each.items()} for each in (maps.forward, maps.retro)))
    torch.testing.assert_close(matrix(tuned(maps, 0.5), 4, A, B), matrix(tuned(larger, 0.5), 4, A, B))


def test_tuned_both_lenses_see_what_each_alone_is_blind_to(draw):
    """Each lens sees two of four dimensions: together they fix the map, alone half of it."""
    true = draw(5, 4, 4)
    eye = torch.eye(4, dtype=torch.float64)
    forward, retro = ({A: rows @ true, B: rows} for rows in (eye[:2], eye[2:]))
    both = matrix(tuned(LayerMaps(forward, retro), 0.0), 4, A, B)
    torch.testing.assert_close(both, true)
    for alone in (LayerMaps(forward, None), LayerMaps(None, retro)):
        found = matrix(tuned(alone, 0.0), 4, A, B)
        assert float((found - true).norm() / true.norm()) > 0.3


def test_tuned_its_spread_is_that_of_refits(maps, draw):
    def other(seed):
        return LayerMaps({s: m + 0.01 * draw(seed, 4, 4) for s, m in maps.forward.items()}, None)

    made = tuned(LayerMaps(maps.forward, None), 0.1, [other(60), other(61), other(62)])
    assert 0.0 < made.spread(A, B) < 0.5
    with pytest.raises(NotApplicableError, match="at least 2 refits"):
        tuned(maps).spread(A, B)


def test_tuned_unknown_sites_and_ridges_are_refused(maps, draw):
    with pytest.raises(ConfigurationError, match="no lens was fitted at 7"):
        tuned(maps).push(draw(0, 1, 4), A, StreamSite(7))
    with pytest.raises(ConfigurationError, match="found -1"):
        tuned(maps, -1.0)


def test_each_says_what_it_was_fitted_to(states, maps):
    assert (regression(Table(states)).name, tuned(maps).name) == ("regression", "tuned")
