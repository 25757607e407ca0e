"""Norms beside torch's own, and the folding identity."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import layer_norm, rms_norm

from forewarn.subjects.anatomy import NormWeights

D = 7


@pytest.fixture(params=["layer", "rms", "none"])
def norm(request):
    generator = torch.Generator().manual_seed(0)
    gain, shift = (torch.randn(D, generator=generator, dtype=torch.float64) for _ in range(2))
    return NormWeights(request.param, gain, 0.0 if request.param == "none" else 0.3, shift)


H = torch.randn(5, 3, D, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_torch(norm, h):
    normed = {
        "layer": lambda: layer_norm(h, (D,), eps=norm.eps),
        "rms": lambda: rms_norm(h, (D,), eps=norm.eps),
        "none": lambda: h,
    }[norm.kind]()
    return normed * norm.gain + norm.shift


def test_a_norm_is_torch_s_own(norm):
    torch.testing.assert_close(norm(H), by_torch(norm, H))


def test_folded_rows_read_the_raw_stream(norm):
    rows = torch.randn(4, D, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = H @ norm.fold(rows).T / norm.sigma(H)[..., None] + norm.offset(rows)
    torch.testing.assert_close(found, by_torch(norm, H) @ rows.T)


def test_sigma_is_the_spread_with_its_eps(norm):
    centred = H - H.mean(-1, keepdim=True) if norm.kind == "layer" else H
    wanted = {"none": torch.ones(5, 3, dtype=torch.float64)}.get(
        norm.kind, (sum(centred[..., k] ** 2 for k in range(D)) / D + norm.eps) ** 0.5
    )
    torch.testing.assert_close(norm.sigma(H), wanted)


def test_only_a_layer_norm_is_blind_to_the_mean(norm):
    rows = torch.ones(1, D, dtype=torch.float64)
    blind = (norm.fold(rows / norm.gain).abs() < 1e-12).all()
    assert bool(blind) == (norm.kind == "layer")


def test_without_a_shift_there_is_no_offset():
    norm = NormWeights("rms", torch.ones(D), 1e-6)
    assert norm.offset(torch.ones(2, D)).tolist() == [0.0, 0.0]
    assert NormWeights.absent(torch.zeros(D))(H.float()).equal(H.float())
