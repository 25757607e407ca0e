from __future__ import annotations

import pytest
import torch

from forewarn.lab.organisms import random_state

CPU = torch.device("cpu")


def test_what_is_put_back_is_drawn_again():
    with random_state.kept(CPU):
        state = random_state.current(CPU)
        first = torch.rand(3)
        torch.rand(5)
        random_state.restore(CPU, state)
        assert torch.equal(torch.rand(3), first)


def test_the_callers_state_comes_back():
    before = torch.get_rng_state()
    with random_state.kept(CPU):
        torch.manual_seed(1)
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.gpu
def test_an_accelerator_has_a_state_of_its_own():
    device = torch.device("cuda")
    with random_state.kept(device):
        state = random_state.current(device)
        first = torch.rand(3, device=device)
        random_state.restore(device, state)
        assert torch.equal(torch.rand(3, device=device), first)
