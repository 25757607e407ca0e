"""Streamed moments against the whole sample at once."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.moments import MomentsFitter
from forewarn.records import StreamSite

SITES = (StreamSite(0), StreamSite(1, True), StreamSite(1))
DRAW = torch.Generator().manual_seed(0)
STATES = torch.randn(3, 50, 4, generator=DRAW) * 2 + torch.randn(3, 1, 4, generator=DRAW)
EMBEDDINGS = torch.randn(50, 4, generator=DRAW)


def gathered(states=STATES, embeddings=EMBEDDINGS, weights=None, cuts=(13, 30, 50), pairs=None):
    fitter = MomentsFitter(SITES, 4, pairs)
    for start, stop in zip((0, *cuts), cuts, strict=False):
        w = None if weights is None else weights[start:stop]
        fitter.update(states[:, start:stop], None if embeddings is None else embeddings[start:stop], w)
    return fitter.moments()


def loops(a, b, weights):
    """Covariance from its definition, token by token."""
    w = weights.double() / weights.double().sum()
    ma, mb = sum(w[i] * a[i] for i in range(len(a))), sum(w[i] * b[i] for i in range(len(a)))
    return sum(w[i] * torch.outer(a[i] - ma, b[i] - mb) for i in range(len(a)))


@pytest.mark.parametrize("weights", [None, torch.rand(50, generator=DRAW)])
def test_moments_are_those_of_the_definition(weights):
    found, w = gathered(weights=weights), torch.ones(50) if weights is None else weights
    x, e = STATES.double(), EMBEDDINGS.double()
    assert found.n == pytest.approx(float(w.double().sum()))
    for i, first in enumerate(SITES):
        torch.testing.assert_close(found.mean(first), (w.double() @ x[i]) / w.double().sum())
        torch.testing.assert_close(found.cross(first), loops(x[i], e, w))
        for j, second in enumerate(SITES):
            torch.testing.assert_close(found.covariance(first, second), loops(x[i], x[j], w))
    torch.testing.assert_close(found.embedding_covariance(), loops(e, e, w))
    torch.testing.assert_close(found.embedding_mean(), (w.double() @ e) / w.double().sum())


def test_batches_do_not_matter():
    one, many = gathered(cuts=(50,)), gathered(cuts=(1, 2, 50))
    torch.testing.assert_close(one.covariance(*SITES[:2]), many.covariance(*SITES[:2]))


def test_a_stream_far_from_zero_costs_no_digits():
    far = gathered(states=STATES.double() + 1e7)
    near = gathered(states=STATES.double())
    torch.testing.assert_close(
        far.covariance(SITES[0], SITES[2]), near.covariance(SITES[0], SITES[2]), rtol=1e-6, atol=0
    )


def test_regression_is_least_squares_without_a_ridge_and_the_identity_with_a_great_one():
    found = gathered()
    x, y = STATES[0].double(), STATES[2].double()
    design = torch.cat([x, torch.ones(50, 1, dtype=torch.float64)], 1)
    wanted = torch.linalg.lstsq(design, y).solution.T
    affine = found.regression(SITES[0], SITES[2], 1e-12)
    torch.testing.assert_close(
        torch.cat([affine.weight, affine.bias[:, None]], 1), wanted, rtol=1e-6, atol=1e-8
    )
    great = found.regression(SITES[0], SITES[2], 1e9).weight
    torch.testing.assert_close(great, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-6)


def test_moments_do_not_change_when_more_is_added():
    fitter = MomentsFitter(SITES, 4)
    fitter.update(STATES[:, :20], EMBEDDINGS[:20])
    before = fitter.moments()
    kept = before.covariance(SITES[0], SITES[0]).clone()
    fitter.update(STATES[:, 20:], EMBEDDINGS[20:])
    assert torch.equal(before.covariance(SITES[0], SITES[0]), kept)


def test_what_was_not_gathered_is_refused():
    found = gathered(embeddings=None, pairs=[(SITES[0], SITES[0])])
    with pytest.raises(ConfigurationError, match=r"covariance of 0 with 1 was not gathered"):
        found.covariance(SITES[0], SITES[2])
    with pytest.raises(ConfigurationError, match="no embeddings were given"):
        found.cross(SITES[0])
    with pytest.raises(ConfigurationError, match="nothing was gathered at 4; sites are 0, 1a, 1"):
        found.mean(StreamSite(4))


@pytest.mark.parametrize(
    ("states", "embeddings", "weights", "said"),
    [
        (STATES[:2], None, None, r"states are \[3, n, 4\]; found \[2, 50, 4\]"),
        (STATES, EMBEDDINGS[:3], None, "50 tokens were given with 3 embeddings"),
        (STATES, None, torch.ones(4), "50 tokens were given with 4 weights"),
    ],
)
def test_other_shapes_are_refused(states, embeddings, weights, said):
    with pytest.raises(ConfigurationError, match=said):
        MomentsFitter(SITES, 4).update(states, embeddings, weights)


def test_nothing_is_no_sample():
    with pytest.raises(ConfigurationError, match="at least one token"):
        MomentsFitter(SITES, 4).moments()
    fitter = MomentsFitter(SITES, 4)
    fitter.update(STATES)
    with pytest.raises(ConfigurationError, match="with every batch or with none"):
        fitter.update(STATES, EMBEDDINGS)
