"""What is watched is what is trained: construction after construction, or a refusal that names it."""

from __future__ import annotations

import sys

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.store.weights import weights_of
from forewarn.subjects.layout import Layout
from forewarn.subjects.opening import Opener

PROMPTS = [[1, 5, 2, 9, 4], [3, 3, 8], [6, 2, 11, 4]]


def made(build):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build()


def snapshot(opener, module):
    path = opener.layout.decoder
    prefix = f"{path}." if path else ""
    return {name: tensor.clone() for name, tensor in weights_of(module).items() if name.startswith(prefix)}


@torch.no_grad()
def live(kind):
    kind.module.eval()
    return torch.stack([kind.answer(torch.tensor([prompt]))[0, -1] for prompt in PROMPTS])


def test_what_is_trained_is_read_or_refused_by_name(make_kind):
    found = made(make_kind)
    if found.watched is None:
        with pytest.raises(SubjectError, match=found.says):
            Opener(found.module, PROMPTS)
        return
    opener = Opener(found.module, PROMPTS)
    assert (opener.layout.decoder, opener.layout.calling.part) == (found.watched, found.part)
    assert Layout.from_json(opener.layout.as_json()) == opener.layout
    before = opener.open(snapshot(opener, found.module)).logits(PROMPTS)
    torch.testing.assert_close(before, live(found), atol=1e-5, rtol=1e-4)
    if any(p.requires_grad for p in found.module.parameters()):
        found.step()
        after = opener.open(snapshot(opener, found.module)).logits(PROMPTS)
        torch.testing.assert_close(after, live(found), atol=1e-5, rtol=1e-4)
        assert (after - before).abs().max() > 1e-3


def test_there_are_kinds_enough():
    kinds = sys.modules["forewarn_test_kinds"].KINDS
    assert len({make.__name__ for make in kinds}) == len(kinds) >= 30
