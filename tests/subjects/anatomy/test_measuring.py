"""Norms measured from what they do."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from forewarn.subjects.anatomy.measuring import measure_norm

D, N = 24, 40


def vector(seed, at=0.0):
    return at + torch.randn(D, generator=torch.Generator().manual_seed(seed))


class GemmaNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(vector(0))

    def forward(self, x):
        return F.rms_norm(x, (D,), eps=1e-6) * (1.0 + self.weight)


def layer_norm(eps):
    return lambda x: F.layer_norm(x, (D,), vector(0, 1.0), vector(1), eps)


@pytest.mark.parametrize(
    ("reader", "kind", "gain", "eps", "shift"),
    [
        (layer_norm(1e-5), "layer", vector(0, 1.0), 1e-5, vector(1)),
        (layer_norm(1e-12), "layer", vector(0, 1.0), 1e-12, vector(1)),
        (lambda x: F.layer_norm(x, (D,)), "layer", torch.ones(D), 1e-5, None),
        (lambda x: F.rms_norm(x, (D,), vector(0), 1e-3), "rms", vector(0), 1e-3, None),
        (lambda x: F.normalize(x, dim=-1) * 3.0, "rms", torch.full((D,), 3.0 / D**0.5), 0.0, None),
        (GemmaNorm(), "rms", 1.0 + vector(0), 1e-6, None),
        (lambda x: x, "none", torch.ones(D), 0.0, None),
        (lambda x: 0.25 * x, "none", torch.full((D,), 0.25), 0.0, None),
        (lambda x: 0.25 * x + vector(2), "none", torch.full((D,), 0.25), 0.0, vector(2)),
    ],
)
@torch.no_grad()
def test_kind_gain_eps_and_shift_are_measured(reader, kind, gain, eps, shift):
    norm = measure_norm(reader, N, torch.zeros(D))
    assert norm is not None and norm.kind == kind
    torch.testing.assert_close(norm.gain, gain, atol=1e-6, rtol=1e-5)
    assert norm.eps == pytest.approx(eps, rel=1e-2, abs=1e-14)
    assert (norm.shift is None) == (shift is None)
    if shift is not None:
        torch.testing.assert_close(norm.shift, shift, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize(
    "reader",
    [
        torch.tanh,
        lambda x: F.layer_norm(x, (D,)) @ torch.ones(D, D),
        lambda x: x.roll(1, 0),
        lambda x: x / x.abs().amax(-1, keepdim=True),
        lambda x: F.group_norm(x, 2),
        lambda x: x * float("nan"),
    ],
    ids=["tanh", "mixed", "other positions", "largest", "groups", "nan"],
)
@torch.no_grad()
def test_what_is_no_norm_of_the_stream_is_none(reader):
    assert measure_norm(reader, N, torch.zeros(D)) is None


@torch.no_grad()
def test_in_double_precision_too():
    norm = measure_norm(lambda x: F.layer_norm(x, (D,), eps=1e-5), N, torch.zeros(D, dtype=torch.float64))
    assert norm is not None and norm.gain.dtype == torch.float64
    torch.testing.assert_close(norm.gain, torch.ones(D, dtype=torch.float64))
