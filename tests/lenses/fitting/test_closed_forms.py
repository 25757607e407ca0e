"""Closed forms against float64 least squares, and against a few massive states."""

from __future__ import annotations

import torch

from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.sample import Sample
from forewarn.records import StreamSite

SITES = (StreamSite(0), StreamSite(1), StreamSite(2))
N, D = 200, 6


def sample(seed=0, massive=0):
    draw = torch.Generator().manual_seed(seed)
    states = torch.randn(3, N, D, generator=draw) + 1.0
    states[2] = states[2] / states[2].square().mean(-1, keepdim=True).sqrt()
    states[:, :massive] = 1e3 * torch.randn(3, massive, D, generator=draw)
    return Sample(states, torch.zeros(N, dtype=torch.long), torch.arange(N))


def weighted_twin(x, y, last):
    """Least squares with an intercept in float64, rows scaled by the inverse of the final state's size."""
    root = last.double().square().mean(-1).rsqrt()[:, None]
    design = torch.cat([x.double(), torch.ones(len(x), 1, dtype=torch.float64)], 1)
    return torch.linalg.lstsq(design * root, y.double() * root).solution.T


def same(affines, index, wanted):
    found = torch.cat([affines.weight[index], affines.bias[index][:, None]], 1).double()
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_all_three_are_least_squares_when_the_ridge_is_small():
    made = sample()
    e = torch.randn(N, D, generator=torch.Generator().manual_seed(5))
    forms = closed_forms(made, e, SITES)
    for i in range(3):
        same(forms.forward(1e-9), i, weighted_twin(made.states[i], made.states[2], made.states[2]))
        same(forms.regression(1e-9), i, weighted_twin(made.states[i], e, made.states[2]))
        same(forms.generation(1e-9), i, weighted_twin(e, made.states[i], made.states[2]))


def test_a_great_ridge_leads_to_the_identity_or_to_the_mean():
    made = sample()
    e = torch.randn(N, D, generator=torch.Generator().manual_seed(5))
    forms = closed_forms(made, e, SITES)
    torch.testing.assert_close(forms.forward(1e9).weight[0], torch.eye(D), rtol=0, atol=1e-5)
    assert float(forms.regression(1e9).weight.abs().max()) < 1e-6
    torch.testing.assert_close(forms.generation(1e9).bias[1], forms.means[1].float(), rtol=1e-5, atol=1e-5)


def test_the_last_site_maps_to_itself():
    made = sample()
    forms = closed_forms(made, made.states[0], SITES)
    torch.testing.assert_close(forms.forward(0.1).weight[2], torch.eye(D), rtol=0, atol=1e-5)


def test_a_few_massive_states_do_not_rule():
    draw = torch.Generator().manual_seed(3)
    made, true = sample(seed=1, massive=3), torch.randn(D, D, generator=draw)
    made.states[2, 3:] = made.states[0, 3:] @ true.T
    e = torch.zeros(N, D)
    forms = closed_forms(made, e + torch.randn(N, D, generator=draw), SITES)
    found = forms.forward(1e-6).weight[0]
    plain = torch.linalg.lstsq(made.states[0].double(), made.states[2].double()).solution.T.float()
    assert float((found - true).norm()) < 0.2 * float((plain - true).norm())
