"""Places in the stream: their order, and how they are written."""

from __future__ import annotations

import pytest

from forewarn.records import StreamSite

IN_ORDER = ["0", "1a", "1", "2a", "2", "10a", "10"]


def test_sites_are_ordered_as_the_stream_runs():
    sites = [StreamSite.parse(text) for text in IN_ORDER]
    assert sorted([*sites[3:], *sites[:3]]) == sites
    assert [site.stage for site in sites] == [0, 1, 2, 3, 4, 19, 20]


@pytest.mark.parametrize("text", IN_ORDER)
def test_a_site_is_read_as_it_is_written(text):
    site = StreamSite.parse(text)
    assert str(site) == text
    assert StreamSite.at(site.stage) == site


@pytest.mark.parametrize("text", ["", "a", "a1", "-1", "1b", "1A", "1 a", "1aa", "1.0"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="written 0, 3 or 3a; found"):
        StreamSite.parse(text)


@pytest.mark.parametrize(("layer", "middle"), [(-1, False), (0, True)])
def test_sites_that_are_nowhere_are_refused(layer, middle):
    with pytest.raises(ValueError, match=f"a middle one >= 1; found {layer}"):
        StreamSite(layer, middle)
