from __future__ import annotations

import pytest
import torch

from forewarn.lab.organisms import chance

CPU = torch.device("cpu")


def test_what_is_put_back_is_drawn_again():
    with chance.own(CPU):
        state = chance.take(CPU)
        first = torch.rand(3)
        torch.rand(5)
        chance.put(CPU, state)
        assert torch.equal(torch.rand(3), first)


def test_the_callers_state_comes_back():
    before = torch.get_rng_state()
    with chance.own(CPU):
        torch.manual_seed(1)
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.gpu
def test_an_accelerator_has_a_state_of_its_own():
    device = torch.device("cuda")
    with chance.own(device):
        state = chance.take(device)
        first = torch.rand(3, device=device)
        chance.put(device, state)
        assert torch.equal(torch.rand(3, device=device), first)
