"""The generative map, against the planted map and against a table of means."""

from __future__ import annotations

import torch

from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.fitting.generative import generations
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite

SITES = (StreamSite(0), StreamSite(1))
SMALL = FitSettings(ridges=(1e-9,))


def planted(vocab, d, noise, n=4000, seed=0):
    draw = torch.Generator().manual_seed(seed)
    embedding, b = torch.randn(vocab, d, generator=draw), torch.randn(2, d, d, generator=draw) / d**0.5

    def part(n):
        tokens = torch.randint(vocab, (n,), generator=draw)
        states = torch.einsum("sde,ne->snd", b, embedding[tokens]) + 0.5
        states = states + noise * torch.randn(2, n, d, generator=draw)
        return Sample(states, tokens, torch.arange(n))

    return LensData(SITES, part(n), part(n // 4), part(n // 4), embedding), b


def fitted(data, settings=SMALL):
    forms = closed_forms(data.fitted, data.embedding[data.fitted.tokens], data.sites)
    return generations(data, forms, settings)


def test_generation_finds_the_planted_map_through_noise():
    data, b = planted(300, 8, noise=1.0)
    found = fitted(data)
    assert float((found.weight - b).norm() / b.norm()) < 0.1


def test_generation_is_the_table_of_means_where_tokens_are_fewer_than_dimensions():
    """A straight plane goes through every mean: what B gives for a token is the mean state of that token."""
    data, _ = planted(5, 8, noise=0.3)
    found = fitted(data)
    sample = data.fitted
    weights = 1.0 / sample.states[-1].double().square().mean(-1)
    for token in range(5):
        held = sample.tokens == token
        w = weights[held] / weights[held].sum()
        for index in range(2):
            mean = (sample.states[index, held].double() * w[:, None]).sum(0).float()
            given = found[index](data.embedding[token])
            torch.testing.assert_close(given, mean, rtol=1e-3, atol=1e-3)


def test_held_out_states_choose_the_ridge():
    data, _ = planted(300, 8, noise=2.0, n=12)
    sites, e = range(2), data.embedding[data.deciding.tokens]

    def error(settings):
        found = fitted(data, settings)
        states = data.deciding.states
        size = states.square().mean(-1)
        return [float(((found[i](e) - states[i]).square().mean(-1) / size[i]).mean()) for i in sites]

    grid = (1e-9, 1e-2, 1.0, 30.0)
    each = [error(FitSettings(ridges=(ridge,))) for ridge in grid]
    chosen = error(FitSettings(ridges=grid))
    assert [round(c, 6) for c in chosen] == [round(min(row[i] for row in each), 6) for i in sites]
    assert chosen[0] < each[0][0]
