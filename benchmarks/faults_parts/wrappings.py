"""Decoders as people wrap and adapt them: each kind is a function that changes a small model in place."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

VOCAB, WIDTH, BLOCKS = 24, 16, 2


class Block(nn.Module):
    """Pre-norm, with attention and MLP as modules of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run it."""
        b, t, _ = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, 2, WIDTH // 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.down(F.dropout(F.gelu(self.up(self.ln2(x))), 0.1, self.training))


class Decoder(nn.Module):
    """A small decoder; `autocast` runs it in bfloat16 as a forward of one's own may."""

    def __init__(self, autocast: bool = False) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCAB, WIDTH), nn.Embedding(8, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.ln_f, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCAB, bias=False)
        self.half = autocast

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device))
            for block in self.h:
                x = block(x)
            return self.head(self.ln_f(x)).float() if self.half else self.head(self.ln_f(x))


def trained(net: nn.Module) -> list[nn.Parameter]:
    """What the optimiser is given, parts in plain lists too."""
    hidden = [p for low in getattr(net, "lows", ()) for p in low.parameters()]
    return [p for p in (*net.parameters(), *hidden) if p.requires_grad]


# Adapters: kinds of small trained parts.


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


# Wrappings: what libraries and people put around a model or its parts.


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


ADAPTERS = {
    "none": no_adapter,
    "module": module_adapter,
    "hook": hook_adapter,
    "forward": forward_adapter,
    "parametrised": parametrised_adapter,
    "listed": listed_adapter,
}
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
