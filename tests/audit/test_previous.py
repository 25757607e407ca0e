from __future__ import annotations

import pytest
import torch

from forewarn.audit.previous import PreviousSnapshot
from forewarn.errors import SubjectError
from forewarn.store.weights import weights_of
from forewarn.subjects.opening import Opener

PROMPTS = [[3, 4, 5], [5, 6]]


def kept(model):
    return {name: tensor.clone() for name, tensor in weights_of(model).items()}


@pytest.fixture
def opener(model):
    return Opener(model, PROMPTS)


def test_there_is_nothing_before_the_first_look(opener):
    assert PreviousSnapshot(opener).open() is None


def test_the_look_before_is_open_beside_the_present_one(opener, model):
    past, then = PreviousSnapshot(opener), kept(model)
    before = opener.open(then, "then").logits(PROMPTS)
    past.is_now("then", lambda: then)
    model.head.weight.data.add_(0.5)
    now = opener.open(weights_of(model), "now")
    earlier = past.open()
    assert (earlier.digest, now.digest) == ("then", "now")
    assert torch.equal(earlier.logits(PROMPTS), before)
    assert not torch.allclose(now.logits(PROMPTS), before)


def test_what_is_gone_is_not_there(opener, model):
    past = PreviousSnapshot(opener)
    past.is_now("then", lambda: kept(model))
    past.is_now("now", None)
    assert past.open() is None


def test_opening_the_next_one_closes_the_one_before(opener, model):
    past = PreviousSnapshot(opener)
    past.is_now("a", lambda: kept(model))
    first = past.open()
    past.is_now("b", lambda: kept(model))
    assert past.open().digest == "b"
    with pytest.raises(SubjectError, match="this subject is closed"):
        first.logits(PROMPTS)
