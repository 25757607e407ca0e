"""The attention and the MLP of a block. Attention is what carries the first position to later ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from forewarn.subjects.calling import hooks, with_gave
from forewarn.subjects.rounding import same
from forewarn.subjects.tracing import Call, TrialShape, trace_again


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found in a block; names are relative to the decoder."""

    attention: str | None
    mlp: str | None
    flat: bool
    """Whether `mlp` is only the last position-wise matrix, there being no module around the whole."""


def find_parts(block: Call, shape: TrialShape) -> Parts:
    """The attention and the MLP of a block, found by what they do.

    The first position of the block's input is changed. The attention is the outermost part whose output changes at
    later positions although its input did not change there. The MLP is the outermost other part that gives the
    block's width and holds a matrix. Where there is none, it is the last matrix that gives that width.
    """
    before = [c for c in trace_again(block, block.given) if c.name]
    after = {c.name: c for c in trace_again(block, shape.nudged(block.given))}
    attention = _attention(before, after, block, shape)
    rest = [c for c in before if not _related(c.name, attention)]
    mlp, flat = _mlp(rest, block, shape)
    return Parts(_full(block, attention), _full(block, mlp), flat)


def runs_parallel(block: Call, attention: str | None, mlp: str | None) -> bool:
    """Whether the MLP's input stays as it is when the attention's output is changed."""
    if attention is None or mlp is None:
        return False
    inner = len(block.name) + 1 if block.name else 0
    part = block.module.get_submodule(attention[inner:])
    with hooks([part.register_forward_hook(_shift)]):
        after = trace_again(block, block.given)
    before = trace_again(block, block.given)
    first, second = (next(c.given for c in calls if c.name == mlp[inner:]) for calls in (before, after))
    return same(first, second)


def _shift(module: nn.Module, args: Any, output: Any) -> Any:
    stream = output if isinstance(output, Tensor) else next(x for x in output if isinstance(x, Tensor))
    # A ramp, because a norm behind the attention would take a constant away.
    ramp = torch.linspace(-1.0, 1.0, stream.shape[-1]).to(stream)
    return with_gave(output, stream + ramp)


def _attention(before: Sequence[Call], after: dict[str, Call], block: Call, shape: TrialShape) -> str | None:
    for call in sorted(before, key=lambda c: (c.name.count("."), c.start)):
        twin = after.get(call.name)
        if twin is None or shape.axis(call.given) is None or shape.axis(call.gave) is None:
            continue
        if torch.equal(call.gave, block.gave) and torch.equal(call.given, block.given):
            continue
        still = same(shape.later(call.given), shape.later(twin.given))
        if still and not same(shape.later(call.gave), shape.later(twin.gave)):
            return call.name
    return None


def _mlp(rest: Sequence[Call], block: Call, shape: TrialShape) -> tuple[str | None, bool]:
    width = block.given.shape[-1]
    wide = [c for c in rest if c.has_matrix() and c.gave.shape[-1] == width]
    whole = [c for c in wide if shape.is_stream(c) and not _wraps(c, block)]
    outer = [c for c in whole if not any(c.name.startswith(o.name + ".") for o in whole)]
    if outer:
        last = max(outer, key=lambda c: c.end)
        return last.name, last.is_leaf
    matrices = [c for c in wide if c.is_leaf and c.gave.numel() == block.given.numel()]
    return (max(matrices, key=lambda c: c.end).name, True) if matrices else (None, False)


def _wraps(call: Call, block: Call) -> bool:
    return torch.equal(call.gave, block.gave) and torch.equal(call.given, block.given)


def _related(name: str, attention: str | None) -> bool:
    """Whether a part is the attention, lies in it, or contains it."""
    if attention is None:
        return False
    return f"{name}.".startswith(f"{attention}.") or attention.startswith(f"{name}.")


def _full(block: Call, name: str | None) -> str | None:
    return None if name is None else f"{block.name}.{name}".lstrip(".")
