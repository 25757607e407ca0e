from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports import Identity
from forewarn.lenses.views import input_view
from forewarn.records import StreamSite

MIDDLE = StreamSite(1, True)


def slow(anatomy, matrix, read):
    """What each token's embedding, carried to the site, gives the reading more than the mean token's."""
    drives = [
        sum(read[i] * matrix[i, j] * token[j] for i in range(len(read)) for j in range(len(token)))
        for token in anatomy.embedding
    ]
    return torch.stack([drive - sum(drives) / len(drives) for drive in drives])


@pytest.mark.parametrize("how", ["transport", "lens_set", "identity"])
@pytest.mark.parametrize("vocab", [9, 4], ids=["wide", "narrow"])
def test_it_is_what_its_definition_says(drawn, how, vocab):
    anatomy, reads = drawn.anatomy(vocab=vocab), drawn.Draw(5)(3, drawn.D)
    transport, lenses = drawn.transport(), drawn.lens_set(vocab=vocab)
    through, matrix, name = {
        "transport": (transport, transport.maps[StreamSite(0), MIDDLE], "jacobian"),
        "lens_set": (lenses, lenses.generate(MIDDLE).weight, "generative"),
        "identity": (Identity(), torch.eye(drawn.D), "identity"),
    }[how]
    view = input_view(anatomy, through, MIDDLE, reads)
    assert torch.allclose(view.values, torch.stack([slow(anatomy, matrix, w) for w in reads]), atol=1e-12)
    assert (view.through, view.effect) == (name, "direct" if how == "identity" else "total")


def test_a_corrected_view_knows_no_gauge_and_a_raw_one_does(drawn):
    """h' = G h at the reading site: reads become G^-T w, the generative map G B."""
    anatomy, lenses, draw = drawn.anatomy(), drawn.lens_set(), drawn.Draw(9)
    gauge, reads = draw(drawn.D, drawn.D), draw(3, drawn.D)
    turned = reads @ torch.linalg.inv(gauge)
    index = lenses.sites.index(MIDDLE)
    before = input_view(anatomy, lenses, MIDDLE, reads).values
    lenses.generations.weight[index] = gauge @ lenses.generations.weight[index]
    assert torch.allclose(before, input_view(anatomy, lenses, MIDDLE, turned).values, atol=1e-8)
    raw, raw_after = (input_view(anatomy, Identity(), MIDDLE, w).values for w in (reads, turned))
    assert not torch.allclose(raw, raw_after, atol=0.1)


def test_reads_of_another_width_are_refused(drawn):
    with pytest.raises(ConfigurationError, match=r"directions are a floating tensor \[k, 6\]"):
        input_view(drawn.anatomy(), drawn.lens_set(), MIDDLE, torch.ones(1, 7))
