"""Tails by their formulas, and matrices either way round."""

from __future__ import annotations

import pytest
import torch

from forewarn.subjects.layout import Tail
from forewarn.subjects.reading.readout import FUNCTIONS, apply_function, oriented, with_tail

RAW = torch.linspace(-90.0, 90.0, 12, dtype=torch.float64).reshape(3, 4)


@pytest.mark.parametrize(
    ("tail", "wanted"),
    [
        (Tail(), RAW),
        (Tail(0.5), RAW / 2),
        (Tail(2.0, 30.0), 30 * torch.tanh(2 * RAW / 30)),
        (Tail(3.0, normalised=True), 3 * RAW - torch.logsumexp(3 * RAW, -1, keepdim=True)),
    ],
)
def test_tails(tail, wanted):
    torch.testing.assert_close(with_tail(RAW, tail), wanted)


def test_norms_without_weights():
    rms, layer = (apply_function(name, RAW) for name in FUNCTIONS)
    centred = RAW - RAW.mean(-1, keepdim=True)
    torch.testing.assert_close(rms, RAW / RAW.pow(2).mean(-1, keepdim=True).sqrt(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        layer, centred / centred.pow(2).mean(-1, keepdim=True).sqrt(), atol=1e-4, rtol=1e-4
    )


def test_a_matrix_is_turned_when_the_width_stands_first():
    matrix = torch.zeros(4, 7)
    assert oriented(matrix, 7).shape == (4, 7)
    assert oriented(matrix, 4).shape == (7, 4)
