from __future__ import annotations

import json

import pytest

from forewarn.errors import ConfigurationError
from forewarn.inspect.answering import answer
from forewarn.inspect.request import Prompted, Request
from forewarn.records import Inspected
from forewarn.store.codec import decode, encode


def test_what_was_asked_is_there_and_nothing_else(opened, known):
    found = answer(opened, Request(lens=Prompted(context="stranger on"), neuron=(1, known.join), top=2))
    assert (found.step, found.snapshot) == (300, opened.look.snapshot)
    assert len(found.trajectories.trajectories) == 1 and found.neuron.unit == known.join
    assert (found.virtual, found.head) == (None, None)


def test_weights_alone_need_no_lens(opened, known):
    found = answer(opened, Request(virtual=(1, known.join, 2), transport="identity", top=3))
    assert found.trajectories is None and found.virtual.through == "identity"
    assert len(found.virtual.links) == 3


def test_the_answer_is_plain_json(opened, known):
    request = Request(neuron=(2, 0), virtual=(1, known.join, 2), lens=Prompted(context="stranger on"))
    found = answer(opened, request)
    assert decode(json.loads(json.dumps(encode(found))), Inspected) == found


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(neuron=(1, 999)), "block 1 has neurons 0 to 24; found 999"),
        (Request(neuron=(9, 0)), "a block lies in 1 to 2; found 9"),
        (Request(neuron=(1, 0), transport="linear"), "a transport is one of jacobian"),
        (Request(neuron=(1, 0), top=0), "a ranking has at least 1 entry; found 0"),
    ],
)
def test_refusals_say_the_range(opened, request_, message):
    with pytest.raises(ConfigurationError, match=message):
        answer(opened, request_)
