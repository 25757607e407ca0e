"""Readings of neurons and heads, beside loops."""

from __future__ import annotations

import pytest
import torch

from forewarn.records import StreamSite
from forewarn.subjects.anatomy import HeadWeights, MlpWeights, NormWeights

D = 5


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


NORM = NormWeights("rms", random(D), 0.1)
H = random(2, 3, D, seed=1)


def mlp(gated):
    up = (random(4, D, seed=4), random(4, seed=5)) if gated else (None, None)
    return MlpWeights(
        StreamSite(1, True),
        NORM,
        random(4, D, seed=2),
        random(4, seed=3),
        up[0],
        random(4, D),
        StreamSite(1),
        up[1],
    )


def test_pre_activations_are_dot_products():
    weights = mlp(True)
    for b in range(2):
        for t in range(3):
            sigma = (H[b, t].square().mean() + 0.1) ** 0.5
            for j in range(4):
                pre = weights.read[j] @ H[b, t] / sigma + weights.bias[j]
                linear = weights.up[j] @ H[b, t] / sigma + weights.up_bias[j]
                assert float(weights.pre(H)[b, t, j]) == pytest.approx(float(pre))
                assert float(weights.linear(H)[b, t, j]) == pytest.approx(float(linear))
    assert weights.n == 4


def test_without_a_gate_there_is_no_linear_factor():
    assert mlp(False).linear(H) is None


@pytest.mark.parametrize("biased", [True, False])
def test_rows_of_heads_are_dot_products(biased):
    bias = random(2, 3, seed=8) if biased else None
    value, key = random(2, 3, D, seed=6), random(2, 3, D, seed=7)
    heads = HeadWeights(
        StreamSite(0),
        NORM,
        key,
        key,
        value,
        value,
        StreamSite(1),
        value_bias=bias,
        query_bias=bias,
        key_bias=bias,
    )
    assert heads.n == 2
    for read, matrix in ((heads.values, value), (heads.keys, key), (heads.queries, key)):
        wanted = torch.zeros(2, 3, 2, 3, dtype=torch.float64)
        for b in range(2):
            for t in range(3):
                for head in range(2):
                    wanted[b, t, head] = matrix[head] @ H[b, t] / NORM.sigma(H)[b, t]
                    wanted[b, t, head] += bias[head] if biased else 0.0
        torch.testing.assert_close(read(H), wanted)


def test_where_scores_are_not_bilinear_there_are_no_queries():
    heads = HeadWeights(StreamSite(0), NORM, None, None, random(1, 1, D), random(1, 1, D), StreamSite(1))
    assert heads.queries(H) is None and heads.keys(H) is None
