"""The whole: its blocks by number, and its refusals."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy, BlockAnatomy, MlpWeights, NormWeights, Unsupported

NORM = NormWeights("none", torch.ones(2), 0.0)
MLP = MlpWeights(StreamSite(0), NORM, torch.eye(2), torch.zeros(2), None, torch.eye(2), StreamSite(1))
BLOCKS = (
    BlockAnatomy(1, MLP, Unsupported("no attention")),
    BlockAnatomy(2, Unsupported("experts"), Unsupported("x")),
)


def anatomy(**changes):
    parts = {"blocks": BLOCKS, "final": NORM, "unembedding": torch.eye(2), "embedding": torch.eye(2)}
    return Anatomy(**{**parts, **changes})


def test_parts_are_given_by_layer():
    assert anatomy().mlp(1) is MLP
    assert anatomy().block(2) is BLOCKS[1]
    assert anatomy().readout()[0] is NORM


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda a: a.mlp(2), "experts"),
        (lambda a: a.heads(1), "no attention"),
        (lambda a: anatomy(final=Unsupported("odd norm")).readout(), "odd norm"),
        (lambda a: anatomy(unembedding=Unsupported("two paths")).readout(), "two paths"),
    ],
)
def test_what_is_not_there_is_refused_with_its_reason(ask, reason):
    with pytest.raises(NotApplicableError, match=f"^{reason}$") as caught:
        ask(anatomy())
    assert caught.value.reason == reason


@pytest.mark.parametrize("layer", [0, 3, -1])
def test_blocks_that_are_not_there(layer):
    with pytest.raises(ConfigurationError, match=f"a block lies in 1 to 2; found {layer}"):
        anatomy().mlp(layer)
