from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.lenses.transports import Identity
from forewarn.lenses.views import output_view
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Unsupported

MIDDLE = StreamSite(1, True)


def slow(anatomy, matrix, vector):
    """The definition, entry by entry: centre, gain, unembedding; then the mean over tokens away."""
    moved = [sum(matrix[i, j] * vector[j] for j in range(len(vector))) for i in range(len(vector))]
    mean = sum(moved) / len(moved) if anatomy.final.kind == "layer" else 0.0
    normed = [g * (m - mean) for g, m in zip(anatomy.final.gain, moved, strict=True)]
    logits = [sum(u * x for u, x in zip(row, normed, strict=True)) for row in anatomy.unembedding]
    return torch.stack([logit - sum(logits) / len(logits) for logit in logits])


@pytest.mark.parametrize("kind", ["layer", "rms", "none"])
@pytest.mark.parametrize("vocab", [9, 4], ids=["wide", "narrow"])
@pytest.mark.parametrize("tied", [True, False])
def test_it_is_what_its_definition_says(drawn, kind, vocab, tied):
    anatomy, transport = drawn.anatomy(kind, vocab=vocab, tied=tied), drawn.transport()
    vectors = drawn.Draw(5)(3, drawn.D)
    view = output_view(anatomy, transport, MIDDLE, vectors)
    matrix = transport.maps[MIDDLE, StreamSite(2)]
    assert torch.allclose(view.values, torch.stack([slow(anatomy, matrix, v) for v in vectors]), atol=1e-12)
    assert (view.effect, view.through) == ("total", "jacobian")


def test_with_the_identity_it_is_the_slope_of_the_logits_where_sigma_is_held(drawn):
    """Differences of logits after a step along the vector, the norm's statistics being those of before."""
    anatomy = drawn.anatomy("layer")
    h, vector = drawn.Draw(7)(2, drawn.D)
    sigma, reads = anatomy.final.sigma(h), anatomy.final.fold(anatomy.unembedding)
    change = (reads @ (h + 3.0 * vector) - reads @ h) / sigma
    view = output_view(anatomy, Identity(), MIDDLE, vector[None])
    assert view.effect == "direct"
    assert torch.allclose(change - change.mean(), 3.0 * view.values[0] / sigma)


def test_a_corrected_view_knows_no_gauge_and_a_raw_one_does(drawn):
    """h' = G h at the writing site: writes become G v, transports A G^-1."""
    anatomy, transport, draw = drawn.anatomy(), drawn.transport(), drawn.Draw(9)
    gauge, vectors = draw(drawn.D, drawn.D), draw(3, drawn.D)
    key = MIDDLE, StreamSite(2)
    turned = drawn.Matrices({key: transport.maps[key] @ torch.linalg.inv(gauge)})
    before, after = (
        output_view(anatomy, t, MIDDLE, v).values
        for t, v in ((transport, vectors), (turned, vectors @ gauge.T))
    )
    raw, raw_after = (
        output_view(anatomy, Identity(), MIDDLE, v).values for v in (vectors, vectors @ gauge.T)
    )
    assert torch.allclose(before, after, atol=1e-8)
    assert not torch.allclose(raw, raw_after, atol=0.1)


@pytest.mark.parametrize("missing", ["final", "unembedding"])
def test_without_a_readout_it_says_why(drawn, missing):
    anatomy = replace(drawn.anatomy(), **{missing: Unsupported("two unembeddings were found, wanted one")})
    with pytest.raises(NotApplicableError, match="two unembeddings were found, wanted one"):
        output_view(anatomy, Identity(), MIDDLE, torch.ones(1, drawn.D))
