"""Where logits and streams lie in arguments and answers."""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from forewarn.subjects.calling import (
    gave_tensor,
    given_tensor,
    hooks,
    last_logits,
    logits_of,
    with_gave,
    with_given,
)

LOGITS, LOSS = torch.zeros(2, 3, 5), torch.zeros(())
Answer = namedtuple("Answer", "stream rest")


@pytest.mark.parametrize(
    "output",
    [LOGITS, (LOGITS, None), (LOSS, LOGITS), {"logits": LOGITS}, SimpleNamespace(logits=LOGITS, loss=None)],
)
def test_logits_wherever_they_stand(output):
    assert logits_of(output) is LOGITS


@pytest.mark.parametrize("output", [None, LOSS, {"loss": LOSS}, (LOSS,), torch.zeros(2, 3, 5).long(), "x"])
def test_no_logits(output):
    assert logits_of(output) is None


def test_a_decoder_without_logits_is_told():
    with pytest.raises(TypeError, match=r"Identity returned no logits \[B, T, V\]"):
        last_logits(nn.Identity(), torch.zeros(2, 3))


def test_the_stream_is_found_and_replaced_by_position_and_by_name():
    stream, mask, new = torch.zeros(2, 3, 4), torch.zeros(2, 1, 3, 3), torch.ones(2, 3, 4)
    assert given_tensor((mask,), {"x": stream}) is stream
    args, kwargs = with_given((mask, stream), {"again": stream, "n": 1}, stream, new)
    assert args[0] is mask
    assert args[1] is kwargs["again"] is new
    assert kwargs["n"] == 1


@pytest.mark.parametrize("kind", [tuple, list])
def test_answers_keep_their_shape(kind):
    stream, new = torch.zeros(2, 3, 4), torch.ones(2, 3, 4)
    out = with_gave(kind([stream, None]), new)
    assert type(out) is kind
    assert out[0] is new
    assert out[1] is None
    assert with_gave(stream, new) is new
    named = with_gave(Answer(stream, 1), new)
    assert named.stream is new
    assert gave_tensor(named) is new


def test_hooks_are_gone_even_when_placing_one_fails():
    module = nn.Linear(2, 2)

    def handles():
        yield module.register_forward_hook(lambda *_: None)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"), hooks(handles()):
        pass
    assert not module._forward_hooks
