"""The state of the random numbers that a model draws on its device."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor

State = tuple[Tensor, ...]
"""The state of the CPU's generator, then that of the accelerator's where there is one."""


def current(device: torch.device) -> State:
    """The state as it is now."""
    own = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
    return (torch.get_rng_state(), *own)


def restore(device: torch.device, state: State) -> None:
    """Set the generators to what `current` gave."""
    torch.set_rng_state(state[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[1], device)


def kept(device: torch.device) -> AbstractContextManager[None]:
    """A context at whose end the generators are as they were at its start."""
    return torch.random.fork_rng(devices=[device.index or 0] if device.type == "cuda" else [])
