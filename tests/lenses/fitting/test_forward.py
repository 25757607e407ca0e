"""The forward lens: the logit lens when untrained, better than it when trained, the same in any basis."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.lenses import FitSettings, fit
from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import gather
from forewarn.lenses.fitting.descent import HeldOutLoss, LensMaps
from forewarn.lenses.fitting.forward import forward_lenses
from forewarn.lenses.fitting.losses import output_loss
from forewarn.subjects.quiet import undisturbed


@pytest.fixture(scope="module")
def data(liar, text, quick):
    """What the liar's lenses are fitted on."""
    return gather(liar, text.prompts, text.held_out, quick)


def lenses(subject, data, settings, warm=None):
    forms = closed_forms(data.fitted, data.embedding[data.fitted.tokens], data.sites)
    with undisturbed(subject.device):
        return forward_lenses(subject.unembedder(), data, forms, warm, settings)


def kl(subject, affines, sample):
    """KL from the definition, by the model's own readout."""
    wanted = subject.read_logits(sample.states[-1]).double().log_softmax(-1)
    given = subject.read_logits(affines(sample.states)).double().log_softmax(-1)
    return (wanted.exp() * (wanted - given)).sum(-1).mean(-1)


def test_an_untrained_lens_is_the_logit_lens(liar, text):
    settings = FitSettings(steps=0, ridges=(1e12,))
    found = fit(liar, text.prompts, text.held_out, settings=settings)
    h = liar.residuals(text.held_out, sites=liar.sites)
    for index, site in enumerate(liar.sites):
        assert torch.equal(found.logits(liar, site, h[index]), liar.read_logits(h[index]))
        assert found.quality[index].tuned_kl == pytest.approx(found.quality[index].identity_kl)


def test_the_last_site_gives_the_models_own_logits(liar, liar_lenses, text):
    last = liar.residuals(text.held_out)[-1]
    found = liar_lenses.logits(liar, liar.sites[-1], last)
    torch.testing.assert_close(found, liar.logits(text.held_out), rtol=1e-4, atol=1e-4)
    assert liar_lenses.quality[-1].tuned_kl < 1e-5


def test_a_trained_lens_is_nearer_to_the_output_on_states_that_nothing_was_chosen_by(liar, data, quick):
    found = lenses(liar, data, quick)
    before = kl(liar, Affines.identity(len(liar.sites), liar.width), data.scored)
    after = kl(liar, found, data.scored)
    assert bool((after[:-1] < before[:-1]).all())
    assert float(after[:-1].mean()) < 0.6 * float(before[:-1].mean())


def test_null_of_a_model_that_never_learned_there_is_little_to_gain(untrained, text, quick):
    made = gather(untrained, text.prompts, text.held_out, quick)
    before = kl(untrained, Affines.identity(len(untrained.sites), untrained.width), made.scored)
    after = kl(untrained, lenses(untrained, made, quick), made.scored)
    assert float((before - after).mean()) < 0.15
    assert float(after.mean()) < float(before.mean()) + 0.01


def test_null_of_shuffled_states_there_is_less_to_gain(liar, data, quick):
    """Outputs of other positions cannot be read from a state; all that is left is the mean output."""
    order = torch.randperm(data.fitted.n, generator=torch.Generator().manual_seed(0))
    states = data.fitted.states.clone()
    states[:-1] = states[:-1, order]
    shuffled = lenses(liar, replace(data, fitted=replace(data.fitted, states=states)), quick)
    found = lenses(liar, data, quick)
    after, null = kl(liar, found, data.scored), kl(liar, shuffled, data.scored)
    assert float(after[:-1].mean()) < 0.7 * float(null[:-1].mean())


def test_the_choice_by_kl_is_made_on_the_deciding_half(liar, data, quick):
    found = lenses(liar, data, quick)
    identity = Affines.identity(len(liar.sites), liar.width)
    with undisturbed(liar.device):
        held_out = HeldOutLoss(
            output_loss(liar.unembedder(), data.deciding.states[-1]), data.deciding.states, None
        )
        ones = torch.ones(len(liar.sites))
        assert bool((held_out(LensMaps(found, ones)) <= held_out(LensMaps(identity, ones))).all())


def test_in_another_basis_of_every_site_the_same_lens_is_as_good(liar, data, quick):
    """h' = G h is read by T G^-1; refitted from there it is as good as it was."""
    found, draw = lenses(liar, data, quick), torch.Generator().manual_seed(0)
    d, sites = liar.width, len(liar.sites)
    g = 0.3 * torch.eye(d) + torch.randn(sites, d, d, generator=draw) / d**0.5
    g[-1] = torch.eye(d)

    def turned(sample):
        return replace(sample, states=sample.states @ g.mT)

    other = replace(
        data,
        fitted=turned(data.fitted),
        deciding=turned(data.deciding),
        scored=turned(data.scored),
    )
    carried = Affines(found.weight @ torch.linalg.inv(g), found.bias)
    torch.testing.assert_close(
        kl(liar, carried, other.scored), kl(liar, found, data.scored), rtol=1e-3, atol=1e-4
    )
    refitted = lenses(liar, other, quick, warm=carried)
    again = lenses(liar, data, quick, warm=found)
    assert (
        float(kl(liar, refitted, other.deciding).mean())
        <= float(kl(liar, found, data.deciding).mean()) + 1e-4
    )
    torch.testing.assert_close(
        kl(liar, refitted, other.scored).mean(), kl(liar, again, data.scored).mean(), rtol=0.15, atol=0
    )
    untouched = Affines.identity(sites, d)
    assert float(kl(liar, untouched, other.scored).mean()) > 1.5 * float(
        kl(liar, untouched, data.scored).mean()
    )


def test_a_warm_lens_is_never_worse_where_it_is_decided(liar, data):
    none = FitSettings(steps=0, ridges=(1e12,))
    warm = lenses(liar, data, FitSettings(steps=30))
    kept = lenses(liar, data, none, warm=warm)
    assert torch.equal(kept.weight[:-1], warm.weight[:-1])
