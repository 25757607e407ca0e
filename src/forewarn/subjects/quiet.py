"""Running a model without leaving a trace in the process around it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


def device_of(module: nn.Module) -> torch.device:
    """Where a module's tensors are; the CPU for a module that has none."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.device("cpu")


def reseed(device: torch.device, seed: int) -> None:
    """Other random numbers on one device, and on the CPU; to be called inside `undisturbed` only."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(seed)


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Gradients, autocast and inference mode are off inside; all random states are put back after, come what may.

    Training must end in the same bits with and without a look (design, decision 1). One draw from the global
    generator, as the construction of any layer makes, would change every dropout mask that follows.
    """
    python, numeric = random.getstate(), np.random.get_state()
    devices = [device.index or 0] if device.type in ("cuda", "xpu") else []
    kind = device.type if devices else "cuda"
    try:
        with (
            torch.random.fork_rng(devices=devices, device_type=kind),
            torch.inference_mode(False),
            torch.no_grad(),
            torch.autocast(device.type, enabled=False),
        ):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numeric)
