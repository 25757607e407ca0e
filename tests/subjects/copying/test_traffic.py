"""What a pass reads and writes, whoever asks for it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.copying.traffic import Traffic, storage_of, storages_of


def test_a_weight_is_seen_past_every_hook():
    layer, x = nn.Linear(3, 3), torch.ones(2, 3)
    with torch.no_grad(), Traffic() as traffic:
        nn.functional.linear(x, layer.weight.t())
    assert storage_of(layer.weight) in traffic.read
    assert storage_of(layer.bias) not in traffic.read


def test_what_a_pass_makes_is_not_what_it_reads():
    x = torch.ones(2)
    with Traffic() as traffic:
        y = x * 2
        y.add_(1)
        z = y.view(1, 2)
        z.mul_(3)
    assert traffic.read == {storage_of(x)}
    assert not traffic.written
    traffic.undo()
    assert torch.equal(y, torch.full((2,), 9.0))


def test_writes_are_undone_to_the_byte_and_without_a_trace():
    kept = torch.randn(4)
    before, versions = kept.clone(), kept._version
    with Traffic() as traffic:
        kept[1:3].mul_(0.9)
        kept.data.zero_()
        kept.data.fill_(float("nan"))
    assert traffic.written == {storage_of(kept)}
    changed = kept._version
    traffic.undo()
    assert torch.equal(kept, before)
    assert kept._version == changed > versions
    traffic.undo()


def test_running_statistics_are_put_back():
    norm = nn.BatchNorm1d(3)
    with torch.no_grad(), Traffic() as traffic:
        norm(torch.randn(5, 3))
    assert norm.num_batches_tracked == 1
    traffic.undo()
    assert norm.num_batches_tracked == 0
    assert torch.equal(norm.running_mean, torch.zeros(3))


@pytest.mark.parametrize(("dtype", "half"), [(torch.float32, True), (torch.float64, False)])
def test_autocast_is_seen_and_leaves_float64_alone(dtype, half):
    layer = nn.Linear(3, 3).to(dtype)
    with torch.no_grad(), Traffic() as traffic, torch.autocast("cpu", torch.bfloat16):
        layer(torch.ones(1, 3, dtype=dtype))
    assert traffic.half is half


def test_tensors_that_ask_for_gradients_are_told():
    asking, quiet = torch.ones(2, requires_grad=True), torch.ones(2)
    with torch.no_grad(), Traffic() as traffic:
        asking * quiet
    assert traffic.asking.keys() == {storage_of(asking)}


def test_what_has_no_memory_has_no_address():
    assert storages_of([torch.empty(0), torch.ones(1).to_sparse()]) == frozenset()
