"""The classifier against its formula, one token at a time."""

from __future__ import annotations

import torch
from torch.nn.functional import layer_norm

from forewarn.lenses.affine import Affine
from forewarn.lenses.retrodiction import Retrodiction, table_of, unscaled

DRAW = torch.Generator().manual_seed(0)
E = torch.randn(9, 5, generator=DRAW) + 2.0


def test_the_table_is_centred_and_of_unit_length():
    mean = E.mean(0)
    for row, found in zip(E, table_of(E), strict=True):
        torch.testing.assert_close(found, (row - mean) / (row - mean).norm())


def test_a_token_that_is_the_mean_stays_zero():
    assert torch.equal(table_of(torch.ones(3, 4)), torch.zeros(3, 4))


def test_logits_are_beta_times_matches():
    lens = Retrodiction(
        Affine(torch.randn(5, 5, generator=DRAW), torch.randn(5, generator=DRAW)), 2.5, table_of(E)
    )
    h = torch.randn(2, 3, 5, generator=DRAW)
    for i in range(2):
        for j in range(3):
            x = lens.affine.weight @ h[i, j] + lens.affine.bias
            x = (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt()
            wanted = torch.stack([2.5 * (row @ x) for row in lens.table])
            torch.testing.assert_close(lens(h)[i, j], wanted)


def test_the_norm_has_no_gain():
    x = torch.randn(4, 7, generator=DRAW)
    torch.testing.assert_close(unscaled(x), layer_norm(x, [7]))
    torch.testing.assert_close(unscaled(3.0 * x), unscaled(x), rtol=1e-4, atol=1e-4)
