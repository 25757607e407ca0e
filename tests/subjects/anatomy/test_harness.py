"""A module called again with parts replaced."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


class InPlace(nn.Module):
    """Adds to what its part gave, in place, as Falcon does."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(16, 16), nn.Linear(16, 16)

    def forward(self, x):
        y = self.one(x)
        y += 1.0
        return self.two(y)


def test_as_in_the_pass_it_gives_the_same(models, on_bench):
    block = models.build().blocks[0]
    harness = on_bench(block)
    seen = harness.run(["", "mlp"])
    assert torch.equal(seen.gave[""], harness.call.gave)
    assert torch.equal(seen.given[""], harness.given)
    assert torch.equal(seen.gave["mlp"], block.mlp(seen.given["mlp"]))


def test_what_follows_is_a_function_of_what_is_put(models, on_bench):
    block = models.build().blocks[0]
    harness = on_bench(block)
    h, y = harness.random(4, 5, 16), harness.random(4, 5, 24)
    seen = harness.run(["mlp.last", "mlp"], {"attn": h, "mlp.first": y}, torch.zeros(4, 5, 16))
    assert torch.equal(seen.given["mlp"], block.two(h))
    assert torch.equal(seen.given["mlp.last"], F.gelu(y))


def test_it_ends_where_it_is_told_to(models, on_bench):
    harness = on_bench(models.build().blocks[0])
    seen = harness.run(["attn", "mlp.last"], until="mlp.first")
    assert set(seen.given) == {"attn", "mlp.first"}
    assert set(seen.gave) == {"attn"}


def test_what_was_put_stays_as_it_was_though_the_module_adds_in_place(on_bench):
    harness = on_bench(InPlace())
    y = harness.random(4, 5, 16)
    kept = y.clone()
    assert torch.equal(harness.run([], {"one": y}, until="two").given["two"], kept + 1.0)
    assert torch.equal(y, kept)


def test_gradients_flow_from_what_is_put(models, on_bench):
    harness = on_bench(models.build().blocks[0])
    y = harness.random(4, 5, 24)
    with torch.enable_grad():
        y.requires_grad_(True)
        harness.run([], {"mlp.first": y}, until="mlp.last").given["mlp.last"].sum().backward()
    assert (y.grad != 0).any()


def test_no_hook_stays_even_where_the_module_fails(models, on_bench):
    harness = on_bench(models.build().blocks[0])
    with pytest.raises(RuntimeError):
        harness.run([], {"attn.q": torch.zeros(3, 5, 16)})
    harness.run([], until="mlp")
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in harness.call.module.modules())


@pytest.mark.parametrize("time_first", [True, False])
def test_parts_may_have_time_first_or_all_positions_in_one_axis(on_bench, time_first):
    harness = on_bench(nn.Identity())
    other = type(harness)(harness.call, 4 if not time_first else 5, time_first=time_first)
    x = harness.call.given
    assert torch.equal(other.given, x.transpose(0, 1) if time_first else x)
    assert torch.equal(other.rows(x.reshape(20, 16)), other.given)
