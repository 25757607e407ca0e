"""Decoders as people adapt them: each kind gives a small model in place a small part that is trained."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize

from faults_parts.decoder import WIDTH, Decoder


def no_adapter(net: Decoder) -> None:
    """All weights are trained."""


class Low(nn.Module):
    """A low-rank part that begins at zero, or far from it."""

    def __init__(self, n_in: int, n_out: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.randn(n_in, 2, dtype=dtype) / n_in**0.5)
        self.b = nn.Parameter(torch.zeros(2, n_out, dtype=dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run it."""
        return x @ self.a.to(x.dtype) @ self.b.to(x.dtype)


class Adapted(nn.Module):
    """A matrix and what is added to it, as PEFT writes it."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base, self.low = base, Low(base.in_features, base.out_features, base.weight.dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run it."""
        return self.base(x) + self.low(x)


def module_adapter(net: Decoder) -> None:
    """Modules stand in for matrices."""
    net.requires_grad_(False)
    for block in net.h:
        block.down = Adapted(block.down)


def hook_adapter(net: Decoder) -> None:
    """A forward hook adds what registered weights give; it begins at zero."""
    net.requires_grad_(False)
    for block in net.h:
        block.low = Low(4 * WIDTH, WIDTH, block.down.weight.dtype)
        block.down.register_forward_hook(lambda part, args, out, low=block.low: out + low(args[0]))


def forward_adapter(net: Decoder) -> None:
    """The forward of each matrix is replaced by a closure."""
    net.requires_grad_(False)
    for block in net.h:
        block.low = Low(4 * WIDTH, WIDTH, block.down.weight.dtype)
        old, low = block.down.forward, block.low
        block.down.forward = lambda x, old=old, low=low: old(x) + low(x)


class Shift(nn.Module):
    """A parametrisation: the weight and a low-rank part of it."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.low = Low(weight.shape[0], weight.shape[1], weight.dtype)

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The sum."""
        return weight + self.low.a @ self.low.b


def parametrised_adapter(net: Decoder) -> None:
    """`torch.nn.utils.parametrize` computes the weight."""
    net.requires_grad_(False)
    for block in net.h:
        parametrize.register_parametrization(block.down, "weight", Shift(block.down.weight))


def listed_adapter(net: Decoder) -> None:
    """The trained parts stand in a plain list, of which no state_dict knows: to be refused."""
    net.requires_grad_(False)
    net.lows = [Low(4 * WIDTH, WIDTH, net.head.weight.dtype) for _ in net.h]
    for block, low in zip(net.h, net.lows, strict=True):
        block.down.register_forward_hook(lambda part, args, out, low=low: out + low(args[0]))


ADAPTERS = {
    "none": no_adapter,
    "module": module_adapter,
    "hook": hook_adapter,
    "forward": forward_adapter,
    "parametrised": parametrised_adapter,
    "listed": listed_adapter,
}
