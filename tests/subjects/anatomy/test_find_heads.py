"""Heads of blocks written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.records import StreamSite
from forewarn.subjects.anatomy import HeadWeights, Unsupported
from forewarn.subjects.anatomy.find_heads import HeadFinder
from forewarn.subjects.layout import Joint

SCORED = ["plain", "shared", "half", "pairs"]


@pytest.mark.parametrize("kind", [*SCORED, "capped", "alibi", "normed", "shifted", "apart"])
@pytest.mark.parametrize("norm", ["layer", "function", "none"])
def test_heads_read_and_write_as_the_block_does(block_of, kind, norm):
    block = block_of(0.3, attention=kind, norm=norm)
    heads, module = HeadFinder().find(block), block.harness.call.module
    assert isinstance(heads, HeadWeights)
    assert (heads.site, heads.writes_to) == (StreamSite(0), StreamSite(1, True))
    assert (heads.query is None) == (heads.key is None) == (heads.reason != "") == (kind not in SCORED)
    h = block.harness.given
    x = module.normed(h, module.one)
    values = module.attn.v(x).unflatten(-1, (-1, 4)).expand(4, 5, 4, 4)
    torch.testing.assert_close(heads.values(h), values, atol=1e-5, rtol=1e-4)
    matrix = module.attn.out.weight.T.unflatten(0, (4, 4))
    torch.testing.assert_close(heads.write, 0.3 * matrix)
    if kind in SCORED:
        queries = module.attn.q(x).unflatten(-1, (4, 4))
        torch.testing.assert_close(heads.queries(h), queries, atol=1e-5, rtol=1e-4)
        keys = module.attn.k(x).unflatten(-1, (-1, 4)).expand(4, 5, 4, 4)
        torch.testing.assert_close(heads.keys(h), keys, atol=1e-5, rtol=1e-4)


def test_the_form_of_one_block_is_tried_on_the_next(block_of):
    finder = HeadFinder()
    first, second = (finder.find(block_of(attention="half")) for _ in range(2))
    assert second.rotary is first.rotary
    assert finder.find(block_of(attention="plain")).rotary is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"attention": None, "joint": Joint(None, None, False)}, "block 1 has no attention that was found"),
        ({"joint": Joint(None, None, False)}, "but the block adds something else"),
        ({"attention": "one", "joint": Joint(None, None, False)}, "there is none inside it"),
    ],
)
def test_attention_that_adds_nothing(block_of, changes, reason):
    found = HeadFinder().find(replace(block_of(), **changes))
    assert isinstance(found, Unsupported) and reason in found.reason


@pytest.mark.parametrize("kind", ["sink", "gated"])
def test_attention_that_mixes_no_values(block_of, kind):
    found = HeadFinder().find(block_of(attention=kind))
    assert isinstance(found, Unsupported)
    assert found.reason.startswith("the attention 'attn' of block 1 mixes no values: at the first position")


def test_two_positions_are_too_few(models, on_bench, block_of):
    block = block_of()
    call = block.harness.call
    short = replace(call, args=(call.args[0][:, :2],), slot=None, given=call.given[:, :2])
    short = replace(short, slot=short.args[0])
    found = HeadFinder().find(replace(block, harness=type(block.harness)(short, 4)))
    assert isinstance(found, Unsupported)
    assert found.reason == "heads are told apart on prompts of 3 tokens; the model takes 2"


def test_nothing_is_left_on_the_weights(block_of):
    block = block_of()
    HeadFinder().find(block)
    assert all(p.grad is None for p in block.harness.call.module.parameters())
    assert torch.equal(block.harness.run([""]).gave[""], block.harness.call.gave)
