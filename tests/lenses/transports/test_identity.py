from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports import Identity
from forewarn.records import StreamSite


def test_it_gives_a_copy_of_what_it_was_given(draw):
    vectors = draw(0, 3, 5)
    for moved in (Identity().push, Identity().pull):
        out = moved(vectors, StreamSite(1), StreamSite(2))
        assert torch.equal(out, vectors)
        assert out.data_ptr() != vectors.data_ptr()


def test_it_depends_on_no_context():
    assert Identity().spread(StreamSite(0), StreamSite(2)) == 0.0


def test_it_refuses_what_every_transport_refuses(draw):
    with pytest.raises(ConfigurationError, match="found 2 to 1"):
        Identity().push(draw(0, 3, 5), StreamSite(2), StreamSite(1))
    with pytest.raises(ConfigurationError, match="found 2 to 1"):
        Identity().spread(StreamSite(2), StreamSite(1))
    with pytest.raises(ConfigurationError, match="directions are"):
        Identity().pull(draw(0, 5), StreamSite(1), StreamSite(2))
