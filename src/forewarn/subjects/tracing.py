"""One forward pass, written down: which module was given what, and what it gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, final

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.subjects.calling import ALONE, gave_tensor, given_tensor, hooks, run, with_given
from forewarn.subjects.layout import Calling


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of one module."""

    name: str
    """Dotted path below the module that was traced."""
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    slot: Tensor
    """The very argument of which `given` is a copy."""
    given: Tensor
    """Copy of the main tensor that went in."""
    gave: Tensor
    """Copy of the main tensor that came out."""
    start: int
    """Place in the order in which calls began."""
    end: int
    """Place in the order in which calls ended."""

    @property
    def is_leaf(self) -> bool:
        """Whether the module has no parts."""
        return next(self.module.children(), None) is None

    def has_matrix(self) -> bool:
        """Whether a weight of two or more dimensions lies in the module."""
        return any(p.ndim >= 2 for p in self.module.parameters())


@final
class CallTracer:
    """Every call at and below a module during one pass, in the order in which they ended."""

    def __init__(self, root: nn.Module) -> None:
        self.calls: list[Call] = []
        self._open: list[tuple[int, Tensor | None, Tensor | None]] = []
        self._clock = 0
        self._names = {module: name for name, module in root.named_modules()}

    def handles(self) -> Iterator[RemovableHandle]:
        """Hooks on every module; the caller removes them."""
        for module in self._names:
            yield module.register_forward_pre_hook(self._before, with_kwargs=True)
            yield module.register_forward_hook(self._after, with_kwargs=True)

    def _before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        slot = given_tensor(args, kwargs)
        self._open.append((self._clock, slot, None if slot is None else slot.detach().clone()))
        self._clock += 1

    def _after(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        start, slot, given = self._open.pop()
        gave = gave_tensor(output)
        if slot is not None and given is not None and gave is not None:
            name = self._names[module]
            kept = gave.detach().clone()
            self.calls.append(Call(name, module, args, kwargs, slot, given, kept, start, self._clock))
        self._clock += 1


def trace_pass(
    decoder: nn.Module, ids: Int[Tensor, "b t"], calling: Calling = ALONE
) -> tuple[list[Call], Any]:
    """All calls of one pass, and what the decoder returned when it was called in its own way."""
    trace = CallTracer(decoder)
    with hooks(trace.handles()):
        output = run(decoder, ids, calling)
    return trace.calls, output


def trace_again(call: Call, given: Tensor) -> list[Call]:
    """The calls inside a module when it is called again with another main tensor."""
    trace = CallTracer(call.module)
    args, kwargs = with_given(call.args, call.kwargs, call.slot, given)
    with hooks(trace.handles()):
        call.module(*args, **kwargs)
    return trace.calls


@dataclass(frozen=True, slots=True)
class TrialShape:
    """The shape of the trial batch: B prompts of T tokens. B is not T, so that the two axes can be told apart."""

    batch: int
    length: int
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    def axis(self, x: Tensor) -> int | None:
        """Which axis of a stream is time; None when the tensor is no stream."""
        if x.ndim != 3 or not x.is_floating_point():
            return None
        lead = (x.shape[0], x.shape[1])
        return {(self.batch, self.length): 1, (self.length, self.batch): 0}.get(lead)

    def is_stream(self, call: Call) -> bool:
        """Whether a call took a stream and gave one of the same shape."""
        return self.axis(call.given) is not None and call.given.shape == call.gave.shape

    def tip(self, x: Tensor) -> Tensor:
        """The last position of a tensor.

        The tensor may hold all positions, one position only, or have no axis of time any more.
        """
        if x.ndim == 2 and x.shape[0] == self.batch * self.length:
            return x.reshape(self.batch, self.length, -1)[:, -1]
        if x.ndim < 3:
            return x
        return x[-1] if self.axis(x) == 0 or x.shape[0] == 1 != self.batch else x[:, -1]

    def later(self, x: Tensor) -> Tensor:
        """All positions but the first."""
        return x[1:] if self.axis(x) == 0 else x[:, 1:]

    def nudged(self, x: Tensor) -> Tensor:
        """A stream whose first position has been changed."""
        axis = self.axis(x)
        noise = torch.randn(x.shape, generator=self.generator).to(x) * (x.std() + 1e-3)
        mask = torch.zeros(x.shape[axis or 0], device=x.device)
        mask[0] = 1.0
        return x + noise * (mask[:, None, None] if axis == 0 else mask[None, :, None])
