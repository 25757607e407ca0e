from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.transports import LayerMaps, Tuned, matrix
from forewarn.records import StreamSite

A, B, C = StreamSite(0), StreamSite(1), StreamSite(2)


@pytest.fixture
def maps(draw):
    return LayerMaps(*({site: draw(k + site.stage, 4, 4) for site in (A, B, C)} for k in (0, 20)))


def test_one_lens_without_ridge_is_the_inverse_of_the_later_map_after_the_earlier(maps):
    found = matrix(Tuned(LayerMaps(maps.forward, None), 0.0), 4, A, B)
    torch.testing.assert_close(found, torch.linalg.inv(maps.forward[B]) @ maps.forward[A])


@pytest.mark.parametrize("ridge", [0.0, 0.3, 5.0])
def test_it_is_where_the_penalised_error_has_no_gradient(maps, ridge):
    later, earlier = (torch.cat([maps.forward[site], maps.retro[site]]) for site in (B, A))
    found = matrix(Tuned(maps, ridge), 4, A, B).requires_grad_()
    weight = ridge * torch.linalg.eigvalsh(later.T @ later).mean()
    loss = ((later @ found - earlier) ** 2).sum() + weight * ((found - torch.eye(4)) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, found)
    assert gradient.abs().max() < 1e-10 * float(loss.detach())


def test_a_large_ridge_gives_the_identity(maps):
    found = matrix(Tuned(maps, 1e9), 4, A, B)
    torch.testing.assert_close(found, torch.eye(4).double(), atol=1e-7, rtol=0)


def test_the_ridge_has_no_unit(maps):
    larger = LayerMaps(*({s: 1e3 * m for s, m in each.items()} for each in (maps.forward, maps.retro)))
    torch.testing.assert_close(matrix(Tuned(maps, 0.5), 4, A, B), matrix(Tuned(larger, 0.5), 4, A, B))


def test_both_lenses_see_what_each_alone_is_blind_to(draw):
    """Each lens sees two of four dimensions: together they fix the map, alone half of it."""
    true = draw(5, 4, 4)
    eye = torch.eye(4, dtype=torch.float64)
    forward, retro = ({A: rows @ true, B: rows} for rows in (eye[:2], eye[2:]))
    both = matrix(Tuned(LayerMaps(forward, retro), 0.0), 4, A, B)
    torch.testing.assert_close(both, true)
    for alone in (LayerMaps(forward, None), LayerMaps(None, retro)):
        found = matrix(Tuned(alone, 0.0), 4, A, B)
        assert float((found - true).norm() / true.norm()) > 0.3


def test_its_spread_is_that_of_refits(maps, draw):
    def other(seed):
        return LayerMaps({s: m + 0.01 * draw(seed, 4, 4) for s, m in maps.forward.items()}, None)

    made = Tuned(LayerMaps(maps.forward, None), 0.1, [other(60), other(61), other(62)])
    assert 0.0 < made.spread(A, B) < 0.5
    with pytest.raises(NotApplicableError, match="at least 2 refits"):
        Tuned(maps).spread(A, B)


def test_unknown_sites_and_ridges_are_refused(maps, draw):
    with pytest.raises(ConfigurationError, match="no lens was fitted at 7"):
        Tuned(maps).push(draw(0, 1, 4), A, StreamSite(7))
    with pytest.raises(ConfigurationError, match="found -1"):
        Tuned(maps, -1.0)
