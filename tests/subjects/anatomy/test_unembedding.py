"""Final norm and unembedding, however many modules make them."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.subjects.anatomy.unembedding import find_readout
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.opening import open_subject
from forewarn.subjects.reading.readout import DecoderReadout

PROMPTS = [[1, 2, 3, 4, 5, 6, 7], [8, 9, 10]]


@pytest.mark.parametrize("head", ["linear", "factored", "sequential", "tied"])
@pytest.mark.parametrize("vocab", [11, 29])
def test_all_linear_steps_are_one_matrix(models, head, vocab):
    model = models.build(head=head, vocab=vocab)
    subject = open_subject(model, None, PROMPTS)
    anatomy = subject.anatomy()
    final, unembedding = anatomy.readout()
    assert unembedding.shape == (vocab, 16) and final.kind == "layer"
    h = 3.0 * torch.randn(6, 16, generator=torch.Generator().manual_seed(0))
    bias = 0.0 if anatomy.unembedding_bias is None else anatomy.unembedding_bias
    with torch.no_grad():
        torch.testing.assert_close(
            final(h) @ unembedding.T + bias, model.read(model.norm(h)), atol=1e-4, rtol=1e-4
        )
    assert (anatomy.unembedding_bias is None) == (head == "tied")


def test_a_curve_in_the_head_is_told(models):
    subject = open_subject(models.build(head="curved"), None, PROMPTS)
    with pytest.raises(
        NotApplicableError, match="found norm and then 'head', which are not linear after any"
    ):
        subject.anatomy().readout()
    assert subject.anatomy().mlp(1).n == 24


@pytest.mark.parametrize("kind", ["layer", "rms", None])
def test_the_norm_may_be_a_function_or_missing(own, prompts, kind):
    subject = open_subject(own.seeded(own.GPT, norm=kind), None, prompts)
    assert subject.anatomy().readout()[0].kind == (kind or "none")


@pytest.mark.parametrize("head", ["scaled", "capped", "logp"])
def test_the_scale_of_the_logits_is_in_the_matrix(own, prompts, head):
    model = own.seeded(own.GPT, head=head)
    _, unembedding = open_subject(model, None, prompts).anatomy().readout()
    factor = 0.25 if head == "scaled" else 1.0
    torch.testing.assert_close(unembedding, factor * model.lm_head.weight.detach())


@torch.no_grad()
def test_a_projection_before_the_norm_is_no_norm_of_the_stream(models):
    class Before(models.Decoder):
        def read(self, x):
            return self.head(x)

        def forward(self, ids):
            x = self.embed(ids) + self.place(torch.arange(ids.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.read(self.norm(self.inner(x)))

    model = Before()
    subject = open_subject(model, None, PROMPTS)
    assert subject.layout.readout == ("inner", "norm")
    found = find_readout(DecoderReadout(FoundDecoder.of(model.eval(), subject.layout)), torch.zeros(16))
    assert "is neither a layer norm nor a root-mean-square norm of the last site" in found.final.reason
    assert found.unembedding is found.final
