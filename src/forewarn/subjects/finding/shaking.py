"""Random noise on the weights of a copy, and what moves with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from forewarn.subjects.rounding import same

_SHAKEN, _JOLTED = 0.1, 0.5
"""Size of the noise, as a part of each tensor's own size: to find parts, and to see what moves."""


def shake(module: nn.Module) -> nn.Module:
    """Random noise on every weight, in place: where the parts are does not depend on what they have learned.

    A fresh model may hold layers that are exactly zero, through which nothing can be traced. The noise has a tenth
    of each weight's size (or, where that is zero, half of what a fresh layer would have).
    """
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.is_floating_point():
                # A run that has diverged is located too; `check_subject` then says that it has.
                weight.nan_to_num_(0.0, 1.0, -1.0)
                weight.add_(_noise(weight, _SHAKEN, generator))
    return module


def moves(answer: Callable[[], Tensor], tensors: Iterable[Tensor]) -> bool:
    """Whether an answer depends on some tensors: whether it changes while they hold other values.

    `answer` is given twice before, so that what it would differ by anyway is not taken for an effect. An answer
    that fails with other values depends on them too.
    """
    before, again = answer(), answer()
    try:
        with jolted(tensors):
            after = answer()
    except Exception:
        return True
    if torch.equal(before, again):
        return not torch.equal(before, after)
    return not same(before, after)


@contextmanager
def jolted(tensors: Iterable[Tensor]) -> Iterator[None]:
    """Noise on floating tensors of a copy, of half of their size; afterwards they hold the same bits as before."""
    kept = [(t, t.detach().clone()) for t in tensors if t.is_floating_point() and t.numel()]
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        try:
            for tensor, _ in kept:
                tensor.add_(_noise(tensor, _JOLTED, generator))
            yield
        finally:
            for tensor, value in kept:
                tensor.copy_(value)


def _noise(tensor: Shaped[Tensor, "..."], part: float, generator: torch.Generator) -> Shaped[Tensor, "..."]:
    """Noise of a part of a tensor's size; where that is zero, of half of a fresh layer's."""
    size = float(tensor.pow(2).mean().sqrt()) * part if tensor.numel() else 0.0
    size = size or 0.5 / max(tensor.shape[-1] if tensor.ndim else 1, 1) ** 0.5
    return (torch.randn(tensor.shape, generator=generator) * size).to(tensor)
