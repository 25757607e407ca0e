"""Ridges through eigenvalues against solving; the scale against a few massive directions."""

from __future__ import annotations

import torch

from forewarn.lenses.fitting.spectrum import Spectrum

DRAW = torch.Generator().manual_seed(1)
X = torch.randn(2, 60, 20, generator=DRAW, dtype=torch.float64)
S = X.mT @ X / 60
C = torch.randn(2, 5, 20, generator=DRAW, dtype=torch.float64)
Q = torch.randn(2, 20, 20, generator=DRAW, dtype=torch.float64)


def test_ridges_are_those_of_a_solver():
    spectrum = Spectrum.of(S)
    for ridge in (1e-6, 0.1, 10.0):
        for i in range(2):
            added = float(ridge * spectrum.scale[i]) * torch.eye(20, dtype=torch.float64)
            wanted = torch.linalg.solve(S[i] + added, C[i].T).T
            torch.testing.assert_close(spectrum.solved(C, ridge)[i], wanted)
            wanted = torch.linalg.solve(S[i] + added, (Q[i] + added).T).T
            torch.testing.assert_close(spectrum.solved_to_identity(Q, ridge)[i], wanted)


def test_a_whitened_covariance_is_the_identity():
    spectrum = Spectrum.of(S)
    white = spectrum.whitener(1e-12)
    torch.testing.assert_close(white @ S @ white, torch.eye(20).double().expand(2, -1, -1), rtol=0, atol=1e-8)


def test_two_massive_directions_do_not_decide_the_scale():
    massive = S.clone()
    massive[:, 0, 0] += 1e4
    massive[:, 1, 1] += 1e4
    assert float(Spectrum.of(massive).scale[0]) < 3 * float(Spectrum.of(S).scale[0])
    mean = float(massive[0].diagonal().mean())
    assert mean > 500 * float(Spectrum.of(S).values[0].mean())


def test_a_covariance_of_low_rank_has_a_positive_scale():
    one = torch.zeros(1, 20, 20, dtype=torch.float64)
    one[0, 3, 3] = 7.0
    assert float(Spectrum.of(one).scale) == 1e-3 * 7.0 / 20
    assert float(Spectrum.of(one * 0).scale) > 0
    assert Spectrum.of(one).whitener(1.0).isfinite().all()
