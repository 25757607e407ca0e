"""The retrodiction lens where the truth is planted: more tokens than dimensions, and fewer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.fitting.retrodicting import retrodictions
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.retrodiction import Retrodiction, table_of
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite

SITES = (StreamSite(0), StreamSite(1))
SETTINGS = FitSettings(steps=40)


def planted(vocab, d, noise=0.3, seed=0, n=600):
    """States that are a fixed linear map of the token's embedding, and noise; site 1 forgets half of it."""
    draw = torch.Generator().manual_seed(seed)
    embedding = torch.randn(vocab, d, generator=draw)
    carry = torch.randn(2, d, d, generator=draw) / d**0.5
    carry[1, :, : d // 2] = 0.0

    def part(n):
        tokens = torch.randint(vocab, (n,), generator=draw)
        states = torch.einsum("sde,ne->snd", carry, embedding[tokens])
        return Sample(states + noise * torch.randn(2, n, d, generator=draw) / d**0.5, tokens, torch.arange(n))

    return LensData(SITES, part(n), part(n // 4), part(n // 4), embedding)


def fitted(data, settings=SETTINGS, warm=None):
    forms = closed_forms(data.fitted, data.embedding[data.fitted.tokens], data.sites)
    return retrodictions(data, forms, warm, settings, torch.device("cpu"))


def top1(maps, data, index):
    lens = Retrodiction(maps.affines[index], float(maps.beta[index]), table_of(data.embedding))
    return float((lens(data.scored.states[index]).argmax(-1) == data.scored.tokens).float().mean())


@pytest.mark.parametrize(("vocab", "d"), [(200, 16), (8, 16)])
def test_the_input_token_is_found_where_it_is_held(vocab, d):
    data = planted(vocab, d)
    maps = fitted(data)
    assert top1(maps, data, 0) > 0.95
    assert maps.beta.isfinite().all()


def test_a_site_that_forgot_half_says_so():
    data = planted(200, 16, noise=1.0)
    maps = fitted(data)
    assert top1(maps, data, 1) < top1(maps, data, 0) - 0.2


def test_null_tokens_that_the_states_do_not_hold_are_not_found():
    data = planted(50, 16)
    draw = torch.Generator().manual_seed(9)

    def shuffled(sample):
        return replace(sample, tokens=sample.tokens[torch.randperm(sample.n, generator=draw)])

    null = replace(
        data,
        fitted=shuffled(data.fitted),
        deciding=shuffled(data.deciding),
        scored=shuffled(data.scored),
    )
    assert top1(fitted(null), null, 0) < 0.1


def test_sampled_rows_do_nearly_as_well_as_all():
    data = planted(400, 16, noise=1.0, n=1200)
    whole = fitted(data)
    sampled = fitted(data, replace(SETTINGS, rows=100))
    assert top1(sampled, data, 0) > top1(whole, data, 0) - 0.05


def test_the_classifier_is_no_worse_than_least_squares_read_the_same_way():
    data = planted(200, 16, noise=1.5)
    descended, closed = fitted(data), fitted(data, replace(SETTINGS, steps=0))

    def loss(maps):
        lens = Retrodiction(maps.affines[0], float(maps.beta[0]), table_of(data.embedding))
        logp = lens(data.scored.states[0]).log_softmax(-1)
        return -float(logp.gather(1, data.scored.tokens[:, None]).mean())

    assert loss(descended) < loss(closed)


def test_a_warm_lens_can_be_kept():
    data = planted(200, 16)
    warm = fitted(data)
    kept = fitted(data, replace(SETTINGS, steps=0, ridges=(1e9,)), warm)
    assert torch.equal(kept.affines.weight, warm.affines.weight)
