"""Two blocks of gated neurons, of which the second reads nothing but what the first writes."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import silu

from forewarn.instruments.paths.changes import Neurons
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import MlpWeights, NormWeights

FACTS, WIDTH, N = 5, 7, 6


def neurons(layer, states, generator, gated):
    """A block that reads `states` (before, after), with random weights in float64."""

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    site, up = StreamSite(layer, True), draw(N, WIDTH) if gated else None
    no_norm = NormWeights.absent(draw(WIDTH))
    mlp = MlpWeights(
        site,
        no_norm,
        draw(N, WIDTH),
        draw(N),
        up,
        draw(N, WIDTH),
        StreamSite(layer),
        draw(N) if gated else None,
    )
    acts = [silu(mlp.pre(h)) * (mlp.linear(h) if gated else 1.0) for h in states]
    return Neurons(layer, mlp, *acts, *states)


@pytest.fixture(params=[True, False], ids=["gated", "plain"])
def chain(request):
    """Both blocks; the second one's stream changes by what the first one's neurons add to it."""
    generator = torch.Generator().manual_seed(5)
    states = [torch.randn(FACTS, WIDTH, generator=generator, dtype=torch.float64) for _ in range(2)]
    first = neurons(1, states, generator, request.param)
    before = torch.randn(FACTS, WIDTH, generator=generator, dtype=torch.float64)
    after = before + first.change @ first.mlp.write
    return first, neurons(2, (before, after), generator, request.param)
