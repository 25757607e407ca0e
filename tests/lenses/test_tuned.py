"""The forward lens: the logit lens when untrained, better than it when trained, the same in any basis."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.lenses import FitSettings, fit
from forewarn.lenses.affine import Affines
from forewarn.lenses.closed_forms import closed_forms
from forewarn.lenses.descent import Judge, Maps
from forewarn.lenses.heads import output_head
from forewarn.lenses.material import gather
from forewarn.lenses.tuned import forward_lenses
from forewarn.subjects.quiet import undisturbed


@pytest.fixture(scope="module")
def material(liar, text, quick):
    """What the liar's lenses are fitted on."""
    return gather(liar, text.prompts, text.held_out, quick)


def lenses(subject, material, settings, warm=None):
    forms = closed_forms(material.fitted, material.embedding[material.fitted.tokens], material.sites)
    with undisturbed(subject.device):
        return forward_lenses(subject.reader(), material, forms, warm, settings)


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


def test_a_trained_lens_is_nearer_to_the_output_on_states_that_nothing_was_chosen_by(liar, material, quick):
    found = lenses(liar, material, quick)
    before = kl(liar, Affines.identity(len(liar.sites), liar.width), material.scored)
    after = kl(liar, found, material.scored)
    assert bool((after[:-1] < before[:-1]).all())
    assert float(after[:-1].mean()) < 0.6 * float(before[:-1].mean())


def test_null_of_a_model_that_never_learned_there_is_little_to_gain(untrained, text, quick):
    made = gather(untrained, text.prompts, text.held_out, quick)
    before = kl(untrained, Affines.identity(len(untrained.sites), untrained.width), made.scored)
    after = kl(untrained, lenses(untrained, made, quick), made.scored)
    assert float((before - after).mean()) < 0.15
    assert float(after.mean()) < float(before.mean()) + 0.01


def test_null_of_shuffled_states_there_is_less_to_gain(liar, material, quick):
    """Outputs of other positions cannot be read from a state; all that is left is the mean output."""
    order = torch.randperm(material.fitted.n, generator=torch.Generator().manual_seed(0))
    states = material.fitted.states.clone()
    states[:-1] = states[:-1, order]
    shuffled = lenses(liar, replace(material, fitted=replace(material.fitted, states=states)), quick)
    found = lenses(liar, material, quick)
    after, null = kl(liar, found, material.scored), kl(liar, shuffled, material.scored)
    assert float(after[:-1].mean()) < 0.7 * float(null[:-1].mean())


def test_the_choice_by_kl_is_made_on_the_deciding_half(liar, material, quick):
    found = lenses(liar, material, quick)
    identity = Affines.identity(len(liar.sites), liar.width)
    with undisturbed(liar.device):
        judge = Judge(
            output_head(liar.reader(), material.deciding.states[-1]), material.deciding.states, None
        )
        ones = torch.ones(len(liar.sites))
        assert bool((judge(Maps(found, ones)) <= judge(Maps(identity, ones))).all())


def test_in_another_basis_of_every_site_the_same_lens_is_as_good(liar, material, quick):
    """h' = G h is read by T G^-1; refitted from there it is as good as it was."""
    found, draw = lenses(liar, material, quick), torch.Generator().manual_seed(0)
    d, sites = liar.width, len(liar.sites)
    g = 0.3 * torch.eye(d) + torch.randn(sites, d, d, generator=draw) / d**0.5
    g[-1] = torch.eye(d)

    def turned(sample):
        return replace(sample, states=sample.states @ g.mT)

    other = replace(
        material,
        fitted=turned(material.fitted),
        deciding=turned(material.deciding),
        scored=turned(material.scored),
    )
    carried = Affines(found.weight @ torch.linalg.inv(g), found.bias)
    torch.testing.assert_close(
        kl(liar, carried, other.scored), kl(liar, found, material.scored), rtol=1e-3, atol=1e-4
    )
    refitted = lenses(liar, other, quick, warm=carried)
    again = lenses(liar, material, quick, warm=found)
    assert (
        float(kl(liar, refitted, other.deciding).mean())
        <= float(kl(liar, found, material.deciding).mean()) + 1e-4
    )
    torch.testing.assert_close(
        kl(liar, refitted, other.scored).mean(), kl(liar, again, material.scored).mean(), rtol=0.15, atol=0
    )
    untouched = Affines.identity(sites, d)
    assert float(kl(liar, untouched, other.scored).mean()) > 1.5 * float(
        kl(liar, untouched, material.scored).mean()
    )


def test_a_warm_lens_is_never_worse_where_it_is_decided(liar, material):
    none = FitSettings(steps=0, ridges=(1e12,))
    warm = lenses(liar, material, FitSettings(steps=30))
    kept = lenses(liar, material, none, warm=warm)
    assert torch.equal(kept.weight[:-1], warm.weight[:-1])
