from __future__ import annotations

import pytest

from forewarn.cli.inspect_options import check_request, parse_unit, parse_virtual, parse_word
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import Request
from forewarn.records import Unit, UnitAndBlock


def test_blocks_and_numbers():
    assert parse_unit("--neuron", "2.17") == Unit(2, 17)
    assert parse_virtual("--virtual", "1.17:3") == UnitAndBlock(Unit(1, 17), 3)
    assert parse_unit("--head", None) is None and parse_virtual("--virtual", None) is None


@pytest.mark.parametrize("text", ["", "2", "2.", "2.x", "0.1", "-1.2", "2.17:3", " 2.17", "２.17x"])
def test_anything_else_is_refused(text):
    with pytest.raises(
        ConfigurationError,
        match=r"--head: (a neuron or head is written|blocks are counted)",
    ):
        parse_unit("--head", text)


@pytest.mark.parametrize("text", ["", "2.17", "2:3", "2.17:", "2.17:x", "2.17:3:4", "2.17:2"])
def test_any_other_path_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"--virtual: (a neuron|neurons of one block)"):
        parse_virtual("--virtual", text)


def test_words_are_three():
    assert [parse_word(w) for w in ("deceptive", "honest", "unsure", None)] == [
        "deceptive",
        "honest",
        "unsure",
        None,
    ]
    with pytest.raises(
        ConfigurationError,
        match="one of deceptive, honest, unsure; found 'Honest'; did you mean honest",
    ):
        parse_word("Honest")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(neuron=Unit(5, 0)), "the model has blocks 1 to 4; found block 5"),
        (Request(head=Unit(9, 0)), "found block 9"),
        (Request(virtual=UnitAndBlock(Unit(1, 0), 7)), "found block 7"),
        (
            Request(transport="linear"),
            "a transport is one of .*; found 'linear'",
        ),
    ],
)
def test_what_the_run_rules_out_is_refused(request_, message):
    with pytest.raises(ConfigurationError, match=message):
        check_request(request_, 4)


def test_where_the_run_does_not_say_how_many_blocks_any_is_tried():
    check_request(Request(neuron=Unit(99, 0)), None)
