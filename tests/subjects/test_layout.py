"""Layouts as values."""

from __future__ import annotations

import dataclasses
import json

import pytest

from forewarn.subjects.layout import Calling, Form, Layout, Overrides, Tail
from forewarn.subjects.opening import open_subject


@pytest.fixture(scope="module")
def layout(own, prompts):
    return open_subject(own.seeded(own.GPT, head="capped"), None, prompts).layout


def test_a_layout_goes_through_json_and_back(layout):
    assert Layout.from_json(json.loads(json.dumps(layout.as_json()))) == layout


def test_a_layout_cannot_be_changed(layout):
    with pytest.raises(dataclasses.FrozenInstanceError):
        layout.width = 3


def test_names_and_classes(layout):
    assert layout.norm == "ln_f"
    assert dataclasses.replace(layout, readout=()).norm is None
    assert layout.path("h.0") == "h.0"
    inner = dataclasses.replace(layout, decoder="net")
    assert (inner.path("h.0"), inner.path("")) == ("net.h.0", "net")
    assert dict(layout.classes) == {
        "decoder": "GPT",
        "embedding": "Embedding",
        "block": "Block",
        "attention": "Attention",
        "mlp": "Sequential",
        "norm": "LayerNorm",
        "unembedding": "Linear",
    }


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (Tail(), "none"),
        (Tail(0.25), "scaled by 0.25"),
        (Tail(2.0, 30.0), "scaled by 2, soft cap at 30"),
        (Tail(normalised=True), "log-softmax"),
    ],
)
def test_a_tail_in_words(tail, words):
    assert str(tail) == words


def test_a_way_of_calling_goes_through_json_and_back(layout):
    called = dataclasses.replace(
        layout, calling=Calling(Form.BATCH, ("ids",), ("attention_mask",), "batch", "lm")
    )
    assert Layout.from_json(json.loads(json.dumps(called.as_json()))) == called


def test_a_layout_from_before_there_were_ways_of_calling_is_called_with_the_ids_alone(layout):
    old = {key: value for key, value in layout.as_json().items() if key != "calling"}
    assert Layout.from_json(old).calling == Calling()


def test_names_below_a_part_of_the_decoder():
    given = Overrides("lm", "wte", ("h.0",), (None,), ("h.0.mlp",), "", "head", 9)
    assert given.below("") is given
    assert given.below("net") == Overrides(
        "lm", "net.wte", ("net.h.0",), (None,), ("net.h.0.mlp",), "", "net.head", 9
    )
    assert Overrides(norm="ln").below("net") == Overrides(norm="net.ln")
