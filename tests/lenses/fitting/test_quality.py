"""The figures of a lens against loops over tokens."""

from __future__ import annotations

import math

import pytest

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.data import gather
from forewarn.lenses.fitting.quality import measure, output_kl
from forewarn.subjects.quiet import undisturbed


@pytest.fixture(scope="module")
def sample(liar, text, quick):
    return gather(liar, text.prompts, text.held_out, quick).scored


def test_figures_are_those_of_the_definition(liar, liar_lenses, sample):
    with undisturbed(liar.device):
        found = measure(liar.unembedder(), liar_lenses, sample)
    assert found == liar_lenses.quality
    own = liar.read_logits(sample.states[-1]).double().log_softmax(-1)
    for index, site in enumerate(liar.sites):
        states = sample.states[index]
        for wanted, h in (
            (found[index].identity_kl, states),
            (found[index].tuned_kl, liar_lenses.forward(site)(states)),
        ):
            given = liar.read_logits(h).double().log_softmax(-1)
            kl = sum(float((own[t].exp() * (own[t] - given[t])).sum()) for t in range(sample.n)) / sample.n
            assert wanted == pytest.approx(kl, rel=1e-3, abs=1e-5)
        guesses = liar_lenses.retrodict(site)(states).argmax(-1).tolist()
        right = [g == t for g, t in zip(guesses, sample.tokens.tolist(), strict=True)]
        assert found[index].remembered == pytest.approx(sum(right) / sample.n)
        kinds = {
            t: [r for r, u in zip(right, sample.tokens.tolist(), strict=True) if u == t]
            for t in sample.tokens.tolist()
        }
        assert found[index].remembered_types == pytest.approx(
            sum(sum(v) / len(v) for v in kinds.values()) / len(kinds)
        )
        assert found[index].n == sample.n


def test_the_error_counts_prompts_and_not_tokens(liar, liar_lenses, sample):
    with undisturbed(liar.device):
        kl = output_kl(liar.unembedder(), liar_lenses.forwards, sample.states)[0].double()
    mean, groups = kl.mean(), [kl[sample.prompts == p] for p in sample.prompts.unique()]
    k = len(groups)
    wanted = math.sqrt(sum(float((g - mean).sum()) ** 2 for g in groups) * k / (k - 1)) / sample.n
    assert liar_lenses.quality[0].tuned_error == pytest.approx(wanted, rel=1e-4)


def test_the_last_site_read_as_it_is_has_no_divergence(liar, sample):
    with undisturbed(liar.device):
        kl = output_kl(liar.unembedder(), Affines.identity(len(liar.sites), liar.width), sample.states)
    assert float(kl[-1].abs().max()) < 1e-4
    assert float(kl[0].mean()) > 0.1
