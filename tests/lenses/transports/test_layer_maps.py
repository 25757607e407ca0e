from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports import LayerMaps
from forewarn.records import StreamSite

SITES = (StreamSite(0), StreamSite(1, True), StreamSite(1))


@pytest.fixture
def maps(draw):
    forward = {site: draw(site.stage, 4, 4) for site in SITES}
    retro = {site: draw(9 + site.stage, 4, 4) for site in SITES}
    return LayerMaps(forward, retro)


def test_the_stack_holds_the_forward_rows_then_the_others(maps):
    site = SITES[1]
    assert torch.equal(maps.stack(site), torch.cat([maps.forward[site], maps.retro[site]]))
    assert torch.equal(LayerMaps(None, maps.retro).stack(site), maps.retro[site])


def test_sites_stand_in_the_streams_order(maps):
    turned = dict(reversed(maps.forward.items()))
    assert LayerMaps(turned, None).sites == SITES
    assert maps.sites == SITES


def test_a_lens_set_gives_linear_parts_without_biases(draw):
    class Lenses:
        sites = SITES

        def forward(self, site):
            return SimpleNamespace(weight=draw(site.stage, 4, 4), bias=draw(50, 4))

        def retrodict(self, site):
            return SimpleNamespace(
                affine=SimpleNamespace(weight=draw(9 + site.stage, 4, 4), bias=draw(50, 4))
            )

    both, forward, retro = (LayerMaps.of(Lenses(), use) for use in ("both", "forward", "retro"))
    assert torch.equal(both.stack(SITES[0]), torch.cat([draw(0, 4, 4), draw(9, 4, 4)]))
    assert torch.equal(forward.stack(SITES[0]), draw(0, 4, 4))
    assert torch.equal(retro.stack(SITES[0]), draw(9, 4, 4))


def test_weighted_rows_measure_the_same_differences(maps, draw):
    rows = draw(30, 11, 4)
    weighted = maps.weighted(forward=rows)
    once, again = rows @ maps.forward[SITES[0]], weighted.forward[SITES[0]]
    scale = (4 / (rows**2).sum()).sqrt()
    torch.testing.assert_close(again.T @ again, scale**2 * once.T @ once)
    assert weighted.retro is maps.retro


def test_maps_that_do_not_belong_together_are_refused(maps, draw):
    with pytest.raises(ConfigurationError, match="found none"):
        LayerMaps(None, None)
    with pytest.raises(ConfigurationError, match="for the same sites"):
        LayerMaps(maps.forward, {SITES[0]: draw(0, 4, 4)})
    with pytest.raises(ConfigurationError, match="one shape"):
        LayerMaps({**maps.forward, SITES[0]: draw(0, 3, 4)}, None)


def test_a_site_without_a_lens_is_refused_with_those_that_have_one(maps):
    with pytest.raises(ConfigurationError, match="no lens was fitted at 3; there are lenses at 0, 1a, 1"):
        maps.stack(StreamSite(3))
