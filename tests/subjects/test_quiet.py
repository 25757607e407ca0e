"""Nothing that a look does is left behind in the process."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from forewarn.subjects.quiet import device_of, undisturbed

CPU = torch.device("cpu")


def chance():
    return torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()


@pytest.mark.parametrize("fails", [False, True])
def test_chance_is_put_back_even_after_an_error(fails):
    before = chance()
    try:
        with undisturbed(CPU):
            torch.randn(3), random.random(), np.random.rand(2), nn.Linear(2, 2)
            assert chance() != before
            if fails:
                raise ValueError("on purpose")
    except ValueError:
        assert fails
    assert chance() == before


def test_modes_inside_and_after():
    with torch.inference_mode(), torch.autocast("cpu"):
        with undisturbed(CPU):
            assert not torch.is_inference_mode_enabled()
            assert not torch.is_grad_enabled()
            assert not torch.is_autocast_enabled("cpu")
        assert torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
    assert torch.is_grad_enabled()


def test_device_of_what_has_no_tensors():
    assert device_of(nn.Identity()) == CPU
    with torch.device("meta"):
        assert device_of(nn.BatchNorm1d(2, affine=False)) == torch.device("meta")
