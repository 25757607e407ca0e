"""Losses against KL from whole distributions; sampled rows against all rows."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, layer_norm

from forewarn.lenses.fitting.losses import MatrixLoss, ReadoutLoss, output_loss
from forewarn.subjects.quiet import undisturbed

ONE = torch.ones(2)


def draw(*shape, seed=0, scale=1.0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def plain(vocab=300, width=8, n=12):
    """A loss whose images are read as they are, and the log-probabilities that it wants."""
    rows, offsets = draw(vocab, width, seed=1), draw(vocab, seed=2)
    logp = (draw(n, width, seed=3) @ rows.T + offsets).log_softmax(-1)
    p = logp.exp()
    constants = (p * logp).sum(-1) - p @ offsets
    return MatrixLoss(lambda x: x, rows, offsets, p @ rows, constants, p.mean(0)), logp


def test_a_loss_is_the_kl_of_its_definition():
    loss, logp = plain()
    images, index = draw(2, 5, 8, seed=4), torch.tensor([0, 3, 3, 11, 7])
    found = loss.losses(images, index, None, torch.tensor([1.0, 2.5]))
    for s, beta in enumerate((1.0, 2.5)):
        for b, i in enumerate(index.tolist()):
            q = (beta * (loss.rows @ images[s, b]) + loss.offsets).log_softmax(-1)
            torch.testing.assert_close(
                found[s, b], (logp[i].exp() * (logp[i] - q)).sum(), rtol=1e-4, atol=1e-5
            )


def test_cross_entropy_is_the_same_loss_with_one_wanted_row():
    table, tokens = draw(40, 8, seed=5), torch.tensor([4, 9, 4])
    nothing = torch.zeros(40)
    loss = MatrixLoss(
        lambda x: layer_norm(x, [8]), table, nothing, table[tokens], nothing[:3], nothing + 1 / 40
    )
    images = draw(1, 3, 8, seed=6)
    found = loss.losses(images, torch.arange(3), None, torch.ones(1))[0]
    wanted = cross_entropy(layer_norm(images[0], [8]) @ table.T, tokens, reduction="none")
    torch.testing.assert_close(found, wanted)


def test_sampled_rows_estimate_the_normaliser_without_bias():
    loss, _ = plain(vocab=2000)
    images, index = draw(2, 3, 8, seed=7), torch.arange(3)
    generator = torch.Generator().manual_seed(0)
    exact = (loss.losses(images, index, None, ONE) - loss.constants[index]).double()
    linear = (images * loss.aims[index]).sum(-1)
    drawn = [loss.draw(400, generator) for _ in range(400)]
    sums = torch.stack(
        [(loss.losses(images, index, d, ONE) - loss.constants[index] + linear).exp() for d in drawn]
    )
    off = (sums.mean(0) / (exact + linear).exp() - 1.0).abs()
    error = sums.std(0) / sums.mean(0) / 20
    assert bool((off < 4 * error).all())
    expected = float((400 * (0.8 * loss.share + 0.2 / 2000)).clamp_max(1.0).sum())
    assert abs(sum(len(d.rows) for d in drawn) / 400 - expected) < 4
    assert expected <= 400


def test_a_sampled_gradient_points_where_the_whole_one_does():
    loss, _ = plain(vocab=2000)
    images, index = draw(2, 3, 8, seed=8).requires_grad_(True), torch.arange(3)
    generator = torch.Generator().manual_seed(1)

    def gradient(drawn):
        return torch.autograd.grad(loss.losses(images, index, drawn, ONE).sum(), images)[0].flatten()

    whole, sampled = gradient(None), sum(gradient(loss.draw(1000, generator)) for _ in range(20))
    assert float(torch.cosine_similarity(whole, sampled, dim=0)) > 0.99


def test_few_rows_are_all_looked_at_and_never_none():
    loss, _ = plain(vocab=300)
    assert loss.draw(300, torch.Generator()) is None
    assert len(loss.draw(2, torch.Generator().manual_seed(3)).rows) >= 1


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])
def test_the_output_head_of_a_subject_is_its_own_kl(family, small_model):
    made = small_model(31, 16, family)
    h = made.subject.states(made.prompts[:2])
    with undisturbed(made.subject.device):
        loss = output_loss(made.subject.unembedder(), h[-1])
        found = loss.losses(h, torch.arange(h.shape[1]), None, torch.ones(len(h)))
    wanted = made.subject.read_logits(h[-1]).log_softmax(-1)
    given = made.subject.read_logits(h).log_softmax(-1)
    torch.testing.assert_close(found, (wanted.exp() * (wanted - given)).sum(-1), rtol=1e-3, atol=1e-5)
    assert isinstance(loss, MatrixLoss)


def test_a_soft_cap_is_read_as_a_whole(own_capped):
    subject, h = own_capped
    with undisturbed(subject.device):
        loss = output_loss(subject.unembedder(), h[-1])
        found = loss.losses(h, torch.arange(h.shape[1]), loss.draw(2, torch.Generator()), torch.ones(len(h)))
    assert isinstance(loss, ReadoutLoss)
    assert loss.width == subject.vocab
    given, wanted = (subject.read_logits(x).log_softmax(-1) for x in (h, h[-1]))
    torch.testing.assert_close(found, (wanted.exp() * (wanted - given)).sum(-1), rtol=1e-3, atol=1e-5)
