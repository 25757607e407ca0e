"""An anatomy drawn at random, and transports that are matrices: no model behind them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.lenses import Affines, LensSet
from forewarn.lenses.transports import Transport
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy, BlockAnatomy, HeadWeights, MlpWeights, NormWeights, Rotary

D, V, N, H, R, L = 6, 9, 5, 2, 4, 2


class Drawn:
    """Tensors from one seeded generator, in float64."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape):
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64)


class Matrices(Transport):
    """A given matrix for each pair of sites."""

    name = "jacobian"

    def __init__(self, maps):
        self.maps = maps

    def push(self, vectors, source, target):
        return vectors if source == target else vectors @ self.maps[source, target].T

    def pull(self, covectors, source, target):
        return covectors if source == target else covectors @ self.maps[source, target]

    def spread(self, source, target):
        return 0.5


def norm(draw, kind):
    return NormWeights(kind, draw(D), 1e-5)


def mlp(draw, layer, kind, gated):
    reads = norm(draw, kind)
    up = reads.fold(draw(N, D)) if gated else None
    write, bias = draw(N, D), draw(N)
    site = StreamSite(layer, True)
    return MlpWeights(site, reads, reads.fold(draw(N, D)), bias, up, write, StreamSite(layer), bias)


def heads(draw, layer, kind, rotary):
    reads = norm(draw, kind)
    query, key, value = (reads.fold(draw(H, R, D)) for _ in range(3))
    turning = Rotary(torch.tensor([[0, 2], [1, 3]]), torch.tensor([1.0, 0.3])) if rotary else None
    return HeadWeights(
        StreamSite(layer - 1), reads, query, key, value, draw(H, R, D), StreamSite(layer, True), turning, 0.5
    )


def anatomy(kind="layer", *, vocab=V, tied=False, gated=False, rotary=True, seed=0):
    draw = Drawn(seed)
    blocks = tuple(
        BlockAnatomy(k, mlp(draw, k, kind, gated), heads(draw, k, kind, rotary)) for k in range(1, L + 1)
    )
    embedding = draw(vocab, D)
    return Anatomy(blocks, norm(draw, kind), embedding if tied else draw(vocab, D), embedding)


SITES = tuple(StreamSite.at(stage) for stage in range(2 * L + 1))


def transport(seed=1):
    draw = Drawn(seed)
    return Matrices({(a, b): draw(D, D) for a in SITES for b in SITES if a < b})


def lens_set(seed=2, vocab=V):
    draw, s = Drawn(seed), len(SITES)
    maps = [Affines(draw(s, D, D), draw(s, D)) for _ in range(4)]
    return LensSet(
        SITES, "d" * 64, "r" * 64, 100, maps[0], maps[1], draw(s).abs(), maps[3], draw(vocab, D), ()
    )


@pytest.fixture(scope="session")
def drawn():
    return SimpleNamespace(
        anatomy=anatomy,
        transport=transport,
        lens_set=lens_set,
        Draw=Drawn,
        Matrices=Matrices,
        SITES=SITES,
        D=D,
    )
