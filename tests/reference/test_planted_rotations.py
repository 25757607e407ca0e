"""Layers whose bases differ by a known rotation: the raw virtual weight must fail, the corrected one not."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import spearmanr
from torch.nn.functional import gelu

from forewarn.lenses.transports import Identity, LayerMaps, regression, tuned
from forewarn.records import StreamSite

D, DEPTH, NEURONS, STATES, SEEDS = 32, 5, 40, 3000, (0, 1, 2)
SITES = [StreamSite(k) for k in range(DEPTH + 1)]


def rotation(angle, draw):
    """A rotation whose largest angle is given; the others are drawn below it."""
    basis = torch.linalg.qr(draw(D, D)).Q
    angles = angle * torch.tanh(draw(D // 2))
    angles[0] = angle
    out = torch.zeros(D, D, dtype=torch.float64)
    for i, (c, s) in enumerate(zip(angles.cos().tolist(), angles.sin().tolist(), strict=True)):
        out[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, -s], [s, c]])
    return basis @ out @ basis.T


def fitted(x, y):
    """Least squares on centred states."""
    return torch.linalg.lstsq(x - x.mean(0), y - y.mean(0)).solution.T


class Net:
    """h <- Q h + 0.3 W_out gelu(W_in h), from embeddings with as much noise of context on them."""

    def __init__(self, seed, angle, vocab):
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        self.embedding, self.unembedding = draw(vocab, D), draw(vocab, D)
        self.turns = [rotation(angle, draw) for _ in range(DEPTH)]
        self.reads = [draw(NEURONS, D) / D**0.5 for _ in range(DEPTH)]
        self.writes = [draw(NEURONS, D) / NEURONS**0.5 for _ in range(DEPTH)]
        self.tokens = self.embedding[torch.randint(vocab, (STATES,), generator=generator)]
        self.states = [self.tokens + draw(STATES, D)]
        for turn, read, write in zip(self.turns, self.reads, self.writes, strict=True):
            h = self.states[-1]
            self.states.append(h @ turn.T + 0.3 * gelu(h @ read.T) @ write)

    def covariance(self, first, second):
        x, y = (self.states[site.layer] - self.states[site.layer].mean(0) for site in (first, second))
        return x.T @ y / STATES

    def lenses(self):
        """The best linear lenses from the identity on: they learn only what some token can tell apart."""
        forward = {s: blended(self.unembedding, fitted(h, self.states[-1])) for s, h in self.each()}
        retro = {s: blended(self.embedding, fitted(h, self.tokens)) for s, h in self.each()}
        return LayerMaps(forward, retro)

    def each(self):
        return zip(SITES, self.states, strict=True)

    def agreement(self, transport):
        """Spearman with the truth over all pairs of neurons at least two blocks apart."""
        predicted, true = [], []
        for source in range(1, DEPTH):
            path = torch.eye(D, dtype=torch.float64)
            for target in range(source + 1, DEPTH):
                path = self.turns[target - 1] @ path
                write, read = self.writes[source - 1], self.reads[target]
                true.append((write @ path.T @ read.T).flatten())
                predicted.append((transport.push(write, SITES[source], SITES[target]) @ read.T).flatten())
        return float(spearmanr(torch.cat(predicted), torch.cat(true)).statistic)


def blended(rows, fit):
    """The fit on the span of the centred rows, the identity elsewhere."""
    _, sizes, right = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    visible = right[sizes > 1e-8]
    return visible.T @ visible @ fit + torch.eye(D) - visible.T @ visible


@pytest.fixture(scope="module")
def mean():
    """Mean agreement over seeds of a transport made from a net, for an angle and a vocabulary."""
    nets = {}

    def agreement(angle, make, vocab=200):
        for seed in SEEDS:
            nets.setdefault((seed, angle, vocab), Net(seed, angle, vocab))
        chosen = [nets[seed, angle, vocab] for seed in SEEDS]
        return sum(net.agreement(make(net)) for net in chosen) / len(chosen)

    return agreement


def identity(net):
    return Identity()


def forward(net):
    return tuned(LayerMaps(net.lenses().forward, None), 0.0)


def retro(net):
    return tuned(LayerMaps(None, net.lenses().retro), 0.0)


def both(net):
    return tuned(net.lenses(), 0.0)


def regressed(net):
    return regression(net, 0.0)


def test_without_rotation_the_raw_weight_is_the_truth(mean):
    assert mean(0.0, identity) > 0.999


def test_the_raw_weight_falls_with_the_angle(mean):
    found = [mean(angle, identity) for angle in (0.0, 0.3, 1.0, 2.5)]
    assert found == sorted(found, reverse=True)
    assert found[2] < 0.9
    assert found[3] < 0.4


@pytest.mark.parametrize("make", [forward, retro, both, regressed])
def test_a_corrected_weight_does_not(mean, make):
    for angle in (0.0, 0.3, 1.0, 2.5):
        assert mean(angle, make) > 0.95


def test_with_fewer_tokens_than_dimensions_neither_lens_suffices_and_both_do_better(mean):
    alone = max(mean(1.0, forward, 16), mean(1.0, retro, 16))
    together = mean(1.0, both, 16)
    assert alone < 0.85
    assert together > alone + 0.03
    assert together < mean(1.0, regressed, 16)


def test_a_lens_of_another_net_is_of_no_use(mean):
    """Null: maps that were fitted on other rotations; chance is within about 3 / sqrt(DEPTH * NEURONS) of zero."""
    assert abs(mean(2.5, lambda net: both(Net(99, 2.5, 200)))) < 0.2
