"""One pass over prompts of one length."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.opening import open_subject
from forewarn.subjects.reading.passes import Passes, as_ids


@pytest.fixture(scope="module")
def found(own, prompts):
    return open_subject(own.seeded(own.GPT), None, prompts)._found


IDS = as_ids([[1, 2, 3], [4, 5, 6]], torch.device("cpu"))


def test_cutting_the_unembedding_short_changes_no_logit(found):
    both = [Passes(found.laid_out(dataclasses.replace(found.layout, cut=c))) for c in (True, False)]
    cut, whole = (passes.read(IDS).logits for passes in both)
    torch.testing.assert_close(cut, whole, atol=1e-6, rtol=1e-6)
    shapes = []
    handle = found.module.lm_head.register_forward_hook(lambda m, a, o: shapes.append(tuple(o.shape)))
    for passes in both:
        passes.read(IDS)
    handle.remove()
    assert shapes == [(2, 1, 23), (2, 3, 23)]


def test_residuals_only_where_they_are_asked_for(found):
    assert Passes(found).read(IDS).residuals.numel() == 0
    assert Passes(found).read(IDS, at=[0, 2]).residuals.shape == (3, 2, 16)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_stream_is_read_without_what_comes_after(found, layer):
    ran = []
    handles = [
        b.register_forward_hook(lambda m, a, o, k=k: ran.append(k)) for k, b in enumerate(found.module.h, 1)
    ]
    stream = Passes(found).streams(IDS, [2 * layer])[0]
    for handle in handles:
        handle.remove()
    assert ran == list(range(1, layer + 1))
    read = [Passes(found).read(IDS, at=[t, t]).residuals[layer] for t in range(3)]
    torch.testing.assert_close(stream, torch.stack(read, dim=1))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in found.module.modules())


def test_a_block_that_does_not_run_is_told(found):
    idle = dataclasses.replace(found.layout, blocks=("h.0", "drop", "h.1"))
    with pytest.raises(SubjectError, match=r"h\.0, drop, h\.1 must each run once .* Overrides\(blocks="):
        Passes(found.laid_out(idle)).read(IDS)
