from __future__ import annotations

import pytest

from forewarn.cli.inspect_options import check_request, parse_unit, parse_virtual, parse_word
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import TRANSPORTS, Request
from forewarn.records import Unit, UnitAndBlock


def test_blocks_and_numbers():
    assert parse_unit("--neuron", "2.17") == Unit(2, 17)
    assert parse_virtual("--virtual", "1.17:3") == UnitAndBlock(Unit(1, 17), 3)
    assert parse_unit("--head", None) is None and parse_virtual("--virtual", None) is None


@pytest.mark.parametrize("text", ["", "2", "2.", "2.x", "-1.2", "2.17:3", " 2.17", "２.17x"])
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigurationError) as caught:
        parse_unit("--head", text)
    assert str(caught.value) == (
        f"--head: a neuron or head is written as block and number, such as 2.17; found {text!r}"
    )


def test_there_is_no_block_0():
    with pytest.raises(ConfigurationError) as caught:
        parse_unit("--head", "0.1")
    assert str(caught.value) == ("--head: blocks are counted from 1, neurons and heads from 0; found 0.1")


@pytest.mark.parametrize("text", ["", "2.17", "2.17:", "2.17:x", "2.17:3:4"])
def test_any_other_path_is_refused(text):
    with pytest.raises(ConfigurationError) as caught:
        parse_virtual("--virtual", text)
    assert str(caught.value) == (
        "--virtual: a neuron and another block are written such as 1.17:3, block 3 and neuron 1.17; "
        f"found {text!r}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2:3", "a neuron or head is written as block and number, such as 2.17; found '2'"),
        (
            "2.17:2",
            "neurons of one block do not read each other: name another block, from 1, after the colon; "
            "found 2.17:2",
        ),
        (
            "2.17:0",
            "neurons of one block do not read each other: name another block, from 1, after the colon; "
            "found 2.17:0",
        ),
    ],
)
def test_a_path_of_no_neuron_or_within_a_block_is_refused(text, message):
    with pytest.raises(ConfigurationError) as caught:
        parse_virtual("--virtual", text)
    assert str(caught.value) == f"--virtual: {message}"


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
        (Request(head=Unit(9, 0)), "the model has blocks 1 to 4; found block 9"),
        (Request(virtual=UnitAndBlock(Unit(1, 0), 7)), "the model has blocks 1 to 4; found block 7"),
        (
            Request(transport="linear"),
            f"a transport is one of {', '.join(TRANSPORTS)}; found 'linear'",
        ),
    ],
)
def test_what_the_run_rules_out_is_refused(request_, message):
    with pytest.raises(ConfigurationError) as caught:
        check_request(request_, 4)
    assert str(caught.value) == message


def test_where_the_run_does_not_say_how_many_blocks_any_is_tried():
    check_request(Request(neuron=Unit(99, 0)), None)
