"""Decoders as libraries and people wrap them: each kind is a function that changes a small model in place."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from faults_parts.decoder import WIDTH, trained


def bare(net: nn.Module) -> nn.Module:
    """Nothing."""
    return net


def closure(net: nn.Module) -> nn.Module:
    """The forward of the whole is replaced by a closure."""
    old = net.forward
    net.forward = lambda ids: old(ids)  # noqa: PLW0108 - a closure is what is tried
    return net


def method(net: nn.Module) -> nn.Module:
    """The forwards of the blocks are replaced by methods that call what they were."""
    for block in net.h:
        old = block.forward
        block.forward = types.MethodType(lambda self, *a, old=old, **k: old(*a, **k), block)
    return net


def partly(net: nn.Module) -> nn.Module:
    """By `functools.partial`."""
    for block in net.h:
        block.forward = functools.partial(type(block).forward, block)
    return net


def wrapped(net: nn.Module) -> nn.Module:
    """By a chain of `functools.wraps`."""
    for _ in range(3):
        old = net.forward

        @functools.wraps(old)
        def forward(ids: torch.Tensor, old: Callable[..., torch.Tensor] = old) -> torch.Tensor:
            return old(ids)

        net.forward = forward
    return net


def weakly(net: nn.Module) -> nn.Module:
    """By weak references, to the module and to its method."""
    for block in net.h:
        there, inner = weakref.ref(block), weakref.WeakMethod(block.forward)

        def forward(x: torch.Tensor, there: Any = there, inner: Any = inner) -> torch.Tensor:
            return inner()(x) if inner() is not None else type(there()).forward(there(), x)

        block.__dict__["_first"] = block.forward
        block.forward = forward
    return net


class ToFloat:
    """What accelerate puts around a forward that runs under autocast."""

    def __init__(self, forward: Callable[..., torch.Tensor]) -> None:
        functools.update_wrapper(self, forward)
        self.inner = forward

    def __call__(self, *args: object, **kwargs: object) -> torch.Tensor:
        """What it wraps, in float32."""
        return self.inner(*args, **kwargs).float()


def cast(net: nn.Module) -> nn.Module:
    """As accelerate does it for mixed precision."""
    call = ToFloat(torch.autocast("cpu", torch.bfloat16)(type(net).forward))
    net._original_forward = net.forward
    net.forward = types.MethodType(lambda self, ids: call(self, ids), net)  # noqa: PLW0108
    return net


def steered(net: nn.Module) -> nn.Module:
    """A forward hook adds a direction that it keeps to itself."""
    step = torch.linspace(-1, 1, WIDTH)
    net.h[0].register_forward_hook(lambda part, args, out: out + step.to(out.dtype))
    return net


def fed(net: nn.Module) -> nn.Module:
    """A pre-hook scales what a matrix is given."""
    net.h[1].up.register_forward_pre_hook(lambda part, args: (args[0] * 1.5,))
    return net


def between(net: nn.Module) -> nn.Module:
    """A pre-hook scales the stream between two blocks, so that they are no chain: to be refused."""
    net.h[1].register_forward_pre_hook(lambda part, args: (args[0] * 1.5,))
    return net


def counted(net: nn.Module) -> nn.Module:
    """Hooks that only watch: they count, and keep a running mean in a tensor and a list."""
    seen, mean = [], torch.zeros(WIDTH)

    def note(part: nn.Module, args: object, out: torch.Tensor) -> None:
        part.calls = getattr(part, "calls", 0) + 1
        seen.append(float(out.detach().float().mean()))
        mean.mul_(0.9).add_(out.detach().float().mean((0, 1)), alpha=0.1)

    net.h[0].register_forward_hook(note)
    net.seen, net.mean = seen, mean
    return net


def pointing(net: nn.Module) -> nn.Module:
    """Parts that point back to the whole, and to what trains it."""
    for block in net.h:
        block.owner = [net]
    net.optimiser = torch.optim.SGD(trained(net), 0.1)
    return net


def compiled(net: nn.Module) -> nn.Module:
    """By `torch.compile`."""
    return torch.compile(net, backend="eager")


class Overriding(nn.Module):
    """A module around a decoder whose `train` acts on more than its mode."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("turns", torch.zeros(()))

    def train(self, mode: bool = True) -> Overriding:
        """Count, and set the mode."""
        self.turns += 1
        return super().train(mode)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.net(ids)


_HELD: dict[int, nn.Module] = {}


def hidden(net: nn.Module) -> nn.Module:
    """The forward finds the live model in a table that nothing in it leads to: to be refused."""
    key = id(net)
    _HELD[key] = net
    net.forward = lambda ids: type(_HELD[key]).forward(_HELD[key], ids)
    return net


WRAPPINGS = {
    "bare": bare,
    "closure": closure,
    "method": method,
    "partial": partly,
    "wraps": wrapped,
    "weak": weakly,
    "cast": cast,
    "steered": steered,
    "fed": fed,
    "between": between,
    "counted": counted,
    "pointing": pointing,
    "compiled": compiled,
    "overriding": Overriding,
    "hidden": hidden,
}
