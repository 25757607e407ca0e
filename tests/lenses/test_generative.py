"""The two regressions: each against float64 least squares, B against a table of means."""

from __future__ import annotations

import torch

from forewarn.lenses.closed_forms import closed_forms
from forewarn.lenses.generative import least_squares
from forewarn.lenses.material import Material
from forewarn.lenses.sample import Sample
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

    return Material(SITES, part(n), part(n // 4), part(n // 4), embedding), b


def both(material, settings=SMALL):
    forms = closed_forms(material.fitted, material.embedding[material.fitted.tokens], material.sites)
    return least_squares(material, forms, settings)


def test_generation_finds_the_planted_map_through_noise():
    material, b = planted(300, 8, noise=1.0)
    _, generations = both(material)
    assert float((generations.weight - b).norm() / b.norm()) < 0.1


def test_generation_is_the_table_of_means_where_tokens_are_fewer_than_dimensions():
    """A straight plane goes through every mean: what B gives for a token is the mean state of that token."""
    material, _ = planted(5, 8, noise=0.3)
    _, generations = both(material)
    sample = material.fitted
    weights = 1.0 / sample.states[-1].double().square().mean(-1)
    for token in range(5):
        held = sample.tokens == token
        w = weights[held] / weights[held].sum()
        for index in range(2):
            mean = (sample.states[index, held].double() * w[:, None]).sum(0).float()
            given = generations[index](material.embedding[token])
            torch.testing.assert_close(given, mean, rtol=1e-3, atol=1e-3)


def test_regression_is_not_the_inverse_of_generation_where_there_is_noise():
    material, _ = planted(300, 8, noise=1.0)
    regressions, generations = both(material)
    product = regressions.weight @ generations.weight
    shrunk = torch.linalg.eigvals(product).real
    assert bool((shrunk < 0.95).all())
    quiet, _ = planted(300, 8, noise=0.0)
    regressions, generations = both(quiet)
    torch.testing.assert_close(
        regressions.weight @ generations.weight, torch.eye(8).expand(2, -1, -1), rtol=0, atol=1e-2
    )


def test_held_out_states_choose_the_ridge():
    material, _ = planted(300, 8, noise=2.0, n=12)
    sites = range(2)

    def error(settings):
        regressions, _ = both(material, settings)
        e = material.embedding[material.deciding.tokens]
        size = e.square().mean(-1)
        return [
            float(((regressions[i](material.deciding.states[i]) - e).square().mean(-1) / size).mean())
            for i in sites
        ]

    grid = (1e-9, 1e-2, 1.0, 30.0)
    each = [error(FitSettings(ridges=(ridge,))) for ridge in grid]
    chosen = error(FitSettings(ridges=grid))
    assert [round(c, 6) for c in chosen] == [round(min(row[i] for row in each), 6) for i in sites]
    assert chosen[0] < each[0][0]
