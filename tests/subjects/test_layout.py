"""Layouts as values."""

from __future__ import annotations

import dataclasses
import json

import pytest

from forewarn.subjects.layout import Layout, Tail
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
