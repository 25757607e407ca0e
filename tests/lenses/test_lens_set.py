"""What a lens set gives by site, and what it refuses."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.lens_set import SiteQuality
from forewarn.lenses.retrodiction import table_of
from forewarn.records import StreamSite


def test_each_site_has_its_own_maps(liar_lenses):
    for index, site in enumerate(liar_lenses.sites):
        assert torch.equal(liar_lenses.forward(site).weight, liar_lenses.forwards.weight[index])
        assert torch.equal(liar_lenses.generate(site).weight, liar_lenses.generations.weight[index])
        lens = liar_lenses.retrodict(site)
        assert torch.equal(lens.affine.weight, liar_lenses.retrodictions.weight[index])
        assert lens.beta == pytest.approx(float(liar_lenses.betas[index]))
        assert torch.equal(lens.table, table_of(liar_lenses.embedding))


def test_the_mean_kl_leaves_the_last_site_out(liar_lenses):
    found = [q.tuned_kl for q in liar_lenses.quality]
    assert liar_lenses.kl == pytest.approx(sum(found[:-1]) / (len(found) - 1))


def test_a_site_without_a_lens_is_refused(liar_lenses):
    with pytest.raises(ConfigurationError, match=r"there is no lens at 7a; sites are 0, 1a, 1, 2a, 2"):
        liar_lenses.forward(StreamSite(7, True))


def test_a_model_of_another_shape_is_refused(liar_lenses, liar, untrained, small_model):
    liar_lenses.check(liar)
    liar_lenses.check(untrained)
    with pytest.raises(
        ConfigurationError, match=r"lenses are for width 48, last site 2 .* the model has width 16"
    ):
        liar_lenses.check(small_model(31, 16).subject)


def test_it_is_a_frozen_value_told_by_its_site():
    found = SiteQuality(StreamSite(1, True), 1.0, 0.5, 0.1, 0.9, 0.8, 24)
    assert (str(found.site), found.identity_kl, found.tuned_kl) == ("1a", 1.0, 0.5)
    assert found == SiteQuality(StreamSite(1, True), 1.0, 0.5, 0.1, 0.9, 0.8, 24)
    with pytest.raises(FrozenInstanceError):
        found.tuned_kl = 0.0
