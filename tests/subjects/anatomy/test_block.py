"""A block as the layout tells it, with names relative to itself."""

from __future__ import annotations

import torch

from forewarn.subjects.anatomy.block import near, open_block
from forewarn.subjects.anatomy.trial import block_calls, trial_batch
from forewarn.subjects.opening import open_subject


@torch.no_grad()
def test_names_are_relative_to_the_block(own, prompts):
    subject = open_subject(own.seeded(own.GPT), None, prompts)
    calls = block_calls(subject._found, trial_batch(subject._found, prompts))
    block = open_block(subject.layout, calls[1], 2)
    assert (block.layer, block.attention, block.mlp) == (2, "attn", "ffwd")
    assert (block.joint.attention.name, block.joint.mlp.name, block.joint.middle) == (
        "attn.out",
        "ffwd.2",
        True,
    )
    assert [m.name for m in block.maps] == ["attn.qkv", "attn.out", "ffwd.0", "ffwd.2"]


def test_the_stream_can_be_set_at_the_input_and_in_the_middle(block_of):
    block = block_of(0.3)
    h = block.harness.random(4, 5, 16)
    for middle, norm in ((False, "one"), (True, "two")):
        put, x = block.stream(h, middle)
        given = block.harness.run([norm], put, x).given[norm]
        torch.testing.assert_close(given, h, atol=1e-6, rtol=1e-6)


def test_the_norm_before_a_part_is_the_block_s_own(block_of):
    block = block_of(norm="layer")
    for part, middle, norm in (("attn.q", False, "one"), ("mlp.first", True, "two")):
        found, module = block.norm_before(part, middle), block.harness.call.module.get_submodule(norm)
        torch.testing.assert_close(found.gain, module.weight, atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(found.shift, module.bias, atol=1e-3, rtol=1e-4)
    assert block.norm_before("mlp.first", False) is None


def test_near_is_up_to_rounding():
    x = torch.tensor([100.0, 1.0])
    assert near(x, x + 0.01) and not near(x, x + 0.1)
