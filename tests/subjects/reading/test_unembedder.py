"""The differentiable readout against the one without gradients; its digest."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.opening import Opener
from forewarn.subjects.quiet import undisturbed


@pytest.fixture(params=["head", "tied", "capped", "scaled", "logp", "cut"])
def subject(request, own, prompts):
    return Opener(own.seeded(own.GPT, head=request.param), prompts).open(None, "x")


def states(subject):
    return torch.randn(3, 4, subject.width, generator=torch.Generator().manual_seed(0))


def test_it_reads_what_read_logits_reads(subject):
    h = states(subject)
    with undisturbed(subject.device):
        torch.testing.assert_close(subject.unembedder()(h), subject.read_logits(h))


def test_gradients_flow_to_what_is_read_and_to_no_parameter(subject):
    h, reader = states(subject).double().float().requires_grad_(True), subject.unembedder()
    with undisturbed(subject.device), torch.enable_grad():
        found = torch.autograd.grad(reader(h)[..., 3].sum(), h)[0]
    step, direction = 1e-2, torch.randn(h.shape, generator=torch.Generator().manual_seed(1))
    up, down = (subject.read_logits(h + s * step * direction)[..., 3].sum() for s in (1, -1))
    assert float((found * direction).sum()) == pytest.approx(float(up - down) / (2 * step), rel=2e-2)
    assert all(p.grad is None for p in subject._found.module.parameters())


def test_rows_give_the_same_distribution_where_there_are_any(subject):
    reader, h = subject.unembedder(), states(subject)
    found = reader.rows()
    if subject.layout.tail.cap is not None:
        assert found is None
        return
    with undisturbed(subject.device):
        logits = reader.prepare(h) @ found[0].T + found[1]
    torch.testing.assert_close(logits.log_softmax(-1), subject.read_logits(h).log_softmax(-1))


def test_of_a_factored_unembedding_the_rows_are_those_of_the_last_factor(own, prompts):
    model = own.seeded(own.GPT, head="head")
    with torch.random.fork_rng(devices=[]):
        model.lm_head = nn.Sequential(nn.Linear(own.width, 5, bias=False), nn.Linear(5, own.vocab))
    subject = Opener(model, prompts).open(None, "x")
    rows, offsets = subject.unembedder().rows()
    assert rows.shape == (own.vocab, 5)
    with undisturbed(subject.device):
        logits = subject.unembedder().prepare(states(subject)) @ rows.T + offsets
    torch.testing.assert_close(logits, subject.read_logits(states(subject)))


def test_the_digest_is_that_of_what_stands_after_the_last_block(own, prompts):
    def digest(change=None):
        model = own.seeded(own.GPT, head="head")
        with torch.no_grad():
            if change is not None:
                dict(model.named_parameters())[change].add_(0.1)
        return Opener(model, prompts).open(None, "x").unembedder().digest()

    plain = digest()
    assert digest() == plain
    assert digest("lm_head.weight") != plain
    assert digest("ln_f.weight") != plain
    assert digest("wte.weight") == plain


def test_a_closed_subject_gives_no_reader(own, prompts):
    opener = Opener(own.seeded(own.GPT), prompts)
    subject = opener.open(None, "x")
    opener.open(own.seeded(own.GPT).state_dict(), "y")
    with pytest.raises(SubjectError, match="closed"):
        subject.unembedder()


def test_an_unembedding_that_is_no_plain_matrix_has_no_rows(own, prompts):
    class Doubled(nn.Linear):
        """A linear layer that does more."""

        def forward(self, x):
            return 2.0 * super().forward(x)

    model = own.seeded(own.GPT, head="head")
    with torch.random.fork_rng(devices=[]):
        model.lm_head = Doubled(own.width, own.vocab)
    assert Opener(model, prompts).open(None, "x").unembedder().rows() is None
