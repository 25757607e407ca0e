"""A pass through which gradients flow to the first site."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError


@pytest.fixture(scope="module")
def opened(planted):
    inputs = planted.inputs(planted.LIAR, double=True)
    prompts = [p.ids for p in inputs.prompts(planted.LIAR.facts[:3], planted.LIAR.base)]
    return inputs.subject, prompts


def test_the_model_s_own_first_site_gives_its_logits(opened):
    subject, prompts = opened
    x = torch.stack(subject.streams(prompts, 0))
    assert torch.equal(subject.from_embedding(prompts, x), subject.logits(prompts))


def test_the_gradient_is_that_of_finite_differences(opened):
    subject, prompts = opened
    x = torch.stack(subject.streams(prompts, 0)).requires_grad_()
    given = subject.from_embedding(prompts, x).log_softmax(-1)[:, 7].sum()
    [slope] = torch.autograd.grad(given, x)
    generator = torch.Generator().manual_seed(0)
    step = 1e-5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    ends = [
        subject.from_embedding(prompts, x.detach() + s).log_softmax(-1)[:, 7].sum() for s in (step, -step)
    ]
    assert float((slope * step).sum()) == pytest.approx(float(ends[0] - ends[1]) / 2, rel=1e-4)
    assert float(slope.abs().max()) > 0


def test_what_does_not_fit_is_refused(opened):
    subject, prompts = opened
    x = torch.stack(subject.streams(prompts, 0))
    with pytest.raises(ConfigurationError, match=r"wanted prompts of one length and x of shape \[3, 5, 76\]"):
        subject.from_embedding(prompts, x[:, 1:])
    with pytest.raises(ConfigurationError, match="prompts of one length"):
        subject.from_embedding([*prompts[:2], prompts[2][1:]], x)
