from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.inspect.maps import PairMoments, transport_named
from forewarn.inspect.request import TRANSPORTS
from forewarn.records import StreamSite


@pytest.mark.parametrize("name", ["jacobian", "regression", "identity"])
def test_transports_go_by_their_names(opened, name):
    assert transport_named(opened, name).name == name


def test_no_other_name_is_known(opened):
    with pytest.raises(
        ConfigurationError, match="one of jacobian, regression, tuned, identity; found 'linear'"
    ):
        transport_named(opened, "linear")
    assert TRANSPORTS[0] == "jacobian"


def test_covariances_are_those_of_the_states(opened):
    prompts, first, second = opened.contexts()[:5], StreamSite(1), StreamSite(1, True)
    moments = PairMoments(opened.subject, prompts)
    states = dict(zip((second, first), opened.subject.states(prompts, [second, first]).double(), strict=True))
    centred = {site: rows - rows.mean(0) for site, rows in states.items()}
    for a, b in ((first, second), (second, first), (first, first)):
        wanted = centred[a].T @ centred[b] / len(centred[a])
        assert torch.allclose(moments.covariance(a, b), wanted, atol=1e-8)
