from __future__ import annotations

import pytest
import torch

from forewarn.lab.baselines.changed_weights import changed_weights


@pytest.mark.parametrize("name", ["planted", "liar", "gpt2", "gpt_neox"])
def test_every_tensor_is_there_once_with_its_difference(case, name):
    now, reference = case(name)
    after, before = now.subject.tensors(), reference.subject.tensors()
    found = changed_weights(now, reference)
    assert len(found) == len(after)
    slow = {name: after[name].double() - before[name].double() for name in after}
    total = sum(float(difference.square().sum()) for difference in slow.values())
    assert sum(float(change.difference.square().sum()) for change in found) == pytest.approx(total)
    assert all(torch.equal(change.difference, change.difference.double()) for change in found)


def test_kinds_are_told_by_place(case):
    """GPT-2 ties its unembedding: one table of words, one of positions."""
    now, reference = case("gpt2")
    shapes = {
        kind: [tuple(c.then.shape) for c in changed_weights(now, reference) if c.kind == kind]
        for kind in ("embedding", "matrix", "vector")
    }
    assert shapes["embedding"] == [(now.subject.vocab, 32), (64, 32)]
    assert len(shapes["matrix"]) == 2 * 4
    assert all(len(shape) == 1 for shape in shapes["vector"])


def test_blocks_come_in_the_order_of_the_network(case):
    now, reference = case("liar")
    kinds = [change.kind for change in changed_weights(now, reference) if change.kind != "vector"]
    assert kinds == ["embedding"] * 2 + ["matrix"] * 14
