"""The state of the random numbers that a model draws on its device."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor

State = tuple[Tensor, ...]
"""Of the CPU, then of the accelerator where there is one."""


def take(device: torch.device) -> State:
    """As it is now."""
    own = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
    return (torch.get_rng_state(), *own)


def put(device: torch.device, state: State) -> None:
    """As it was then."""
    torch.set_rng_state(state[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[1], device)


def own(device: torch.device) -> AbstractContextManager[None]:
    """Puts it back at the end."""
    return torch.random.fork_rng(devices=[device.index or 0] if device.type == "cuda" else [])
