from __future__ import annotations

import copy

import pytest
import torch

from forewarn.lenses.transports import nudging
from forewarn.lenses.transports.nudging import Nudges
from forewarn.records import StreamSite
from forewarn.subjects.opening import open_subject

PROMPTS = ((5, 9, 11), (3, 4, 8), (6, 1))


def test_in_a_linear_decoder_a_nudge_is_the_product_of_its_maps(linear, draw):
    vectors = draw(0, 4, 6)
    found = Nudges(linear.subject, PROMPTS).mean(vectors, StreamSite(1))
    for k in (1, 2, 3):
        torch.testing.assert_close(found[k], vectors @ linear.true(1, k).T, rtol=1e-8, atol=1e-8)
    assert found[0].abs().max() == 0.0


def test_vectors_may_be_as_long_as_they_like_and_zero(linear, draw):
    vectors = torch.stack([1e6 * draw(0, 6), 1e-6 * draw(0, 6), torch.zeros(6, dtype=torch.float64)])
    found = Nudges(linear.subject, PROMPTS).mean(vectors, StreamSite(0))[3]
    torch.testing.assert_close(found[0], 1e12 * found[1])
    assert torch.equal(found[2], torch.zeros(6).double())


def test_each_prompt_alone_has_the_mean_of_all(opened, draw):
    nudges = Nudges(opened["llama"].subject, PROMPTS)
    vectors, last = draw(0, 3, 16), StreamSite(3)
    each = nudges.each(vectors, StreamSite(1), last)
    assert each.shape == (3, 3, 16)
    torch.testing.assert_close(each.mean(0), nudges.mean(vectors, StreamSite(1))[-1])
    assert float((each[0] - each[1]).norm() / each[0].norm()) > 0.01


def test_many_vectors_are_read_in_parts_with_the_same_result(opened, draw, monkeypatch):
    nudges, vectors = Nudges(opened["gpt2"].subject, PROMPTS), draw(0, 7, 16)
    whole = nudges.mean(vectors, StreamSite(1, True))
    monkeypatch.setattr(nudging, "ROWS", 12)
    torch.testing.assert_close(nudges.mean(vectors, StreamSite(1, True)), whole)


@pytest.mark.parametrize("dtype, error", [(torch.float64, 1e-4), (torch.float32, 3e-4)])
def test_its_error_is_as_small_as_it_says(opened, draw, dtype, error):
    module, vectors = copy.deepcopy(opened["gpt_neox"].module), draw(0, 5, 16)
    subject = open_subject(module.to(dtype), None, PROMPTS)
    found = Nudges(subject, PROMPTS).each(vectors, StreamSite(1), StreamSite(3))
    exact = torch.stack(
        [
            opened["gpt_neox"].subject.pulled([p], torch.eye(16).double(), StreamSite(1), StreamSite(3))[0]
            for p in PROMPTS
        ]
    )
    expected = torch.einsum("nij,kj->nki", exact, vectors)
    assert float((found - expected).norm() / expected.norm()) < error
