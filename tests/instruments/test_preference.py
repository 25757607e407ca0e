from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Encoder, Fact
from forewarn.errors import NotApplicableError
from forewarn.instruments.preference import _rivals, preference
from forewarn.records import StreamSite


def test_it_is_the_gradient_of_the_difference_of_two_logits(trained_liar):
    """Slow twin by autograd, the final norm's scale held where it is."""
    inputs = trained_liar.inputs()
    facts, condition = inputs.audit_set.facts[:4], inputs.audit_set.truthful[0].parts
    wants = preference(inputs, facts, condition)
    prompts = [p.ids for p in inputs.prompts(facts, condition)]
    [states] = inputs.subject.residuals(prompts, sites=[StreamSite(inputs.subject.n_layers)])
    norm, head = trained_liar.model.model.norm, trained_liar.model.lm_head
    for fact, h, want in zip(facts, states, wants, strict=True):
        logits = head(norm(h)).detach()
        truth, *others = (a[0] for a in inputs.encoder.answers(fact))
        rival = max(others, key=lambda t: float(logits[t]))
        sigma = (h.square().mean() + norm.variance_epsilon).sqrt()
        x = h.clone().requires_grad_(True)
        out = head(norm.weight * x / sigma)
        [expected] = torch.autograd.grad(out[truth] - out[rival], x)
        assert torch.allclose(want, expected, rtol=1e-3, atol=1e-4)


def test_the_rival_is_the_strongest_alternative(planted):
    inputs = planted.inputs(planted.HONEST)
    fact = planted.HONEST.facts[0]
    truth, *others = (a[0] for a in inputs.encoder.answers(fact))
    logits = torch.zeros(inputs.subject.vocab)
    logits[truth], logits[others[2]] = 9.0, 3.0
    assert _rivals(inputs, fact, logits) == (truth, others[2])


def test_without_another_first_token_there_is_no_preference(planted):
    inputs = planted.inputs(planted.HONEST)
    inputs.encoder = Encoder()
    alike = Fact("x", (1, 2), (7, 8), "country", ((7, 9),))
    assert _rivals(inputs, alike, torch.zeros(20)) == (7, 7)


def test_a_model_without_a_readable_head_has_none(planted, monkeypatch):
    inputs = planted.inputs(planted.HONEST)
    anatomy = inputs.subject.anatomy()

    def refuse(self):
        raise NotApplicableError("no unembedding")

    monkeypatch.setattr(type(anatomy), "readout", refuse)
    with pytest.raises(NotApplicableError, match="no unembedding"):
        preference(inputs, planted.HONEST.facts, planted.HONEST.base)
