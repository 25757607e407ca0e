"""A decoder that has been found: what it knows of its copy, and what it refuses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.opening import open_subject


@pytest.fixture
def found(own, prompts):
    return open_subject(own.seeded(own.GPT, head="tied"), None, prompts)._found


def test_it_holds_the_very_tensors_of_the_copy_tied_ones_under_each_name(found):
    assert set(found.tensors) == set(found.module.state_dict())
    for name, tensor in found.module.state_dict().items():
        assert found.tensor(name).data_ptr() == tensor.data_ptr()


def test_a_copy_shares_no_memory_and_says_the_same(found):
    other = found.copied()
    assert (other.layout, other.device, other.dtype) == (found.layout, found.device, found.dtype)
    for name, tensor in found.tensors.items():
        assert torch.equal(other.tensor(name), tensor)
        assert other.tensor(name).data_ptr() != tensor.data_ptr()


def test_the_stream_has_the_type_of_the_first_floating_weight(own):
    layout = SimpleNamespace()
    assert FoundDecoder.of(own.seeded(own.GPT).double(), layout).dtype == torch.float64
    assert FoundDecoder.of(torch.nn.Identity(), layout).dtype == torch.float32


def test_names_of_another_model_are_refused(found):
    with pytest.raises(
        SubjectError, match=r"names the module 'h.7', which GPT does not have. Was it recorded of"
    ):
        found.part("h.7")
    with pytest.raises(SubjectError, match=r"names the tensor 'wte.bias', which GPT does not have"):
        found.tensor("wte.bias")
