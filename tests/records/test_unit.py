from __future__ import annotations

import pytest

from forewarn.records import Site, Unit, UnitAndBlock


@pytest.mark.parametrize("text", ["1.0", "2.17", "12.4095"])
def test_what_is_printed_is_read_again(text):
    assert str(Unit.parse(text)) == text


def test_a_neuron_and_another_block_are_read_in_one():
    found = UnitAndBlock.parse("1.17:3")
    assert (found.unit, found.block, str(found)) == (Unit(1, 17), 3, "1.17:3")


@pytest.mark.parametrize("text", ["", "2", "2.", ".3", "0.1", "-1.2", " 2.17", "2.17 ", "２.1", "2.1:3"])
def test_anything_else_is_no_unit(text):
    with pytest.raises(ValueError, match="found"):
        Unit.parse(text)


def test_a_block_is_not_compared_with_itself():
    with pytest.raises(ValueError, match=r"neurons of one block do not read each other: .*found 2\.1:2"):
        UnitAndBlock.parse("2.1:2")


@pytest.mark.parametrize("text", ["resid0@answer", "attn2@entity", "context4@context", "weight3@answer"])
def test_sites_are_read_as_they_are_printed(text):
    site = Site.parse(text, 4)
    assert str(site) == text and site.depth == site.layer / 4


@pytest.mark.parametrize(
    "text", ["", "resid2", "resid2@", "block2@answer", "resid-1@answer", "resid2@answer@x"]
)
def test_anything_else_is_no_site(text):
    with pytest.raises(
        ValueError, match="a site is written as tensor, layer and token, such as resid2@answer"
    ):
        Site.parse(text, 4)


def test_a_layer_that_the_model_does_not_have_is_refused():
    with pytest.raises(ValueError, match="the model has layers 0 to 4; found layer 5"):
        Site.parse("resid5@answer", 4)
