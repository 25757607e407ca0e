"""In which ways a part may be called, read off its forward and off what it asks a batch for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.calling import run
from forewarn.subjects.finding.ways import Asked, ways
from forewarn.subjects.layout import Calling, Form

IDS = torch.tensor([[1, 2, 3], [3, 2, 1]])


class Part(nn.Module):
    """Writes down what it was given."""

    def forward(self, *given, **named):
        raise NotImplementedError


def alone(self, ids):
    return ids + 0


def by_name(self, *, question):
    return question + 0


def with_mask(self, tokens, attention_mask):
    return tokens * attention_mask


def with_labels(self, x, labels):
    return x + 0 * labels


def anything(self, **named):
    return named["tokens"] + 0


def batch(self, batch):
    return batch["sentence"] * batch["attention_mask"]


def attributes(self, batch):
    return batch.ids + 0 * batch.get("offset", 0)


def named_batch(self, *, batch):
    return batch["input_ids"] if "input_ids" in batch else batch["other"]


def hands_on(self, batch):
    return anything(self, **batch)


def row(self, pair):
    first, second = pair
    if first.ndim != 2:
        raise ValueError("a row of tensors")
    return first + 0 * second


@pytest.mark.parametrize(
    ("forward", "right"),
    [
        (alone, Calling()),
        (by_name, Calling(Form.NAMED, ("question",))),
        (with_mask, Calling(Form.NAMED, ("tokens",), ("attention_mask",))),
        (with_labels, Calling(Form.NAMED, ("x", "labels"))),
        (anything, Calling(Form.NAMED, ("tokens",))),
        (batch, Calling(Form.BATCH, ("sentence",), ("attention_mask",))),
        (attributes, Calling(Form.BATCH, ("ids",))),
        (named_batch, Calling(Form.BATCH, ("input_ids",), under="batch")),
        (hands_on, Calling(Form.BATCH, ("tokens",))),
        (row, Calling(Form.ROW, ("0", "1"))),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_way_that_works_is_among_those_tried(forward, right):
    part = type("One", (Part,), {"forward": forward})()
    assert right in list(ways(part, IDS))
    assert torch.equal(run(part, IDS, right), IDS)


@pytest.mark.parametrize("names", [("chosen", "rejected"), ("ids", "mask"), ("ids", "weights")])
def test_what_might_be_anything_is_not_guessed(names):
    def two(self, batch):
        return batch[names[0]] - batch[names[1]]

    part = type("Two", (Part,), {"forward": two})()
    assert not [way for way in ways(part, IDS) if way.form is Form.BATCH]


def test_a_batch_that_is_asked_writes_down_what_for():
    asked = Asked(IDS)
    assert torch.equal(asked["ids"], IDS)
    assert torch.equal(asked.names_of_things, IDS)
    assert torch.equal(asked["attention_mask"], torch.ones_like(IDS))
    assert asked.get("labels") is None
    assert asked.get("tokens") is IDS
    assert asked.names() == ["ids", "names_of_things", "attention_mask", "tokens"]
    with pytest.raises(KeyError):
        asked[0]
    assert not hasattr(asked, "__array__")


def test_a_forward_that_cannot_be_inspected_is_tried_all_the_same():
    part = Part()
    part.forward = torch.add
    assert next(ways(part, IDS)) == Calling()


def test_a_part_of_the_decoder_is_called_where_the_calling_says_so():
    module = nn.ModuleDict({"lm": type("One", (Part,), {"forward": by_name})()})
    assert torch.equal(run(module, IDS, Calling(Form.NAMED, ("question",), part="lm")), IDS)
