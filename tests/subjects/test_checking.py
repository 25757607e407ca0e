"""The check on opening finds a layout that is wrong."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.checking import check_subject, reads_out, shortened
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Tail
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Subject


@pytest.fixture(scope="module")
def subject(own, prompts):
    return open_subject(own.seeded(own.GPT), None, prompts)


def altered(subject, **changes):
    return Subject(subject._found.laid_out(dataclasses.replace(subject.layout, **changes)))


def test_a_right_layout_passes(subject, prompts):
    check_subject(altered(subject), prompts)


@pytest.mark.parametrize(
    "changes",
    [
        {"tail": Tail(2.0)},
        {"readout": ()},
        {"readout": ("h.0.ffwd", "ln_f")},
        {"unembedding": "wte.weight", "functional": True},
        {"blocks": ("h.0",), "n_layers": 1},
    ],
)
def test_a_wrong_readout_does_not(subject, prompts, changes):
    wrong = altered(subject, **changes)
    assert not reads_out(wrong, prompts)
    with pytest.raises(SubjectError, match=r"is not the logits: they differ by .*, the largest logit is "):
        check_subject(wrong, prompts)


def test_blocks_out_of_order_do_not(subject, prompts):
    with pytest.raises(SubjectError, match=r"blocks h\.1, h\.0 must each run once .* order 2, 0, 1 instead"):
        check_subject(altered(subject, blocks=("h.1", "h.0")), prompts)


def test_a_stream_that_leads_nowhere_does_not(own, prompts):
    class Deaf(own.GPT):
        def forward(self, ids):
            x = self.wte(ids)
            self.h[0](x)
            return self.lm_head(self.ln_f(self.h[1](x)))

    model = open_subject(own.seeded(own.GPT), None, prompts)
    twin = own.seeded(Deaf).eval()
    with pytest.raises(SubjectError, match="an edit at layer 0 does not reach the last block"):
        check_subject(Subject(FoundDecoder.of(twin, model.layout)), prompts)


def test_chance_is_noticed(own, prompts):
    layout = open_subject(own.seeded(own.GPT), None, prompts).layout

    class Noisy(own.GPT):
        def finish(self, x):
            return self.lm_head(x) + 0.01 * torch.rand(1)

    noisy = Subject(FoundDecoder.of(own.seeded(Noisy).eval(), layout))
    with pytest.raises(
        SubjectError, match=r"two passes over the same prompts differ by .* draws random numbers"
    ):
        check_subject(noisy, prompts)


def test_examples_are_cut(subject):
    layout = dataclasses.replace(subject.layout, max_length=3)
    assert shortened([[1, 2, 3, 4, 5]] * 9, layout) == [(3, 4, 5)] * 4
