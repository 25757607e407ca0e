"""What a block adds to the residual stream, and whether the stream can be read between its two parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from forewarn.subjects.finding.parts import runs_parallel
from forewarn.subjects.layout import Addend, Joint
from forewarn.subjects.rounding import plain, same
from forewarn.subjects.tracing import Call, TrialShape, trace_again

_ROUND = 1e-4


def find_joint(block: Call, attention: str | None, mlp: str | None, shape: TrialShape) -> Joint:
    """How a block's output is the sum of its input, what attention adds and what the MLP adds.

    In a sequential block the MLP reads the sum of the first two, which is the stream in the middle. In a
    parallel block it does not. An addend is None where the block has no such part. Both are None where the
    block's output is no such sum, because the block normalises it.
    """
    calls = [_unrolled(c, block.given) for c in trace_again(block, block.given) if c.name]
    calls = [c for c in calls if shape.axis(c.gave) is not None]
    found = _sequential(block, calls, shape)
    if found is not None:
        return found
    if attention is None or mlp is None:
        return _alone(block, calls, attention, mlp)
    return _summed(block, calls, attention, mlp) or Joint(None, None, False)


def _unrolled(call: Call, stream: Tensor) -> Call:
    """The same call with the stream's axes, where the part was given all positions as one axis (OPT's MLP)."""
    lead, positions = stream.shape[:2], stream.shape[0] * stream.shape[1]
    given, gave = (
        x.reshape(*lead, -1) if x.ndim == 2 and x.shape[0] == positions else x
        for x in (call.given, call.gave)
    )
    return replace(call, given=given, gave=gave)


def _sequential(block: Call, calls: Sequence[Call], shape: TrialShape) -> Joint | None:
    for middle in _middles(block, calls, shape):
        first = _addend(middle - block.given, calls, block.name)
        second = _addend(block.gave - middle, calls, block.name)
        if first and second and first.name != second.name:
            return Joint(first, second, True)
    return None


def _middles(block: Call, calls: Iterable[Call], shape: TrialShape) -> list[Tensor]:
    """Streams that may be the one in the middle: what parts are given in the order in which they run.

    The block's input and its output are left out.
    """
    ordered = sorted(calls, key=lambda c: c.start)
    streams = [
        c.given for c in ordered if shape.axis(c.given) is not None and c.given.shape == block.given.shape
    ]
    return [x for x in streams if not torch.equal(x, block.given) and not torch.equal(x, block.gave)]


def _addend(difference: Tensor, calls: Iterable[Call], block: str) -> Addend | None:
    """The first part whose output, times one number, is the difference."""
    for call in calls:
        if call.gave.shape != difference.shape:
            continue
        # The projection of the difference on the part's output; whether it explains all of it is asked next.
        scale = float((difference * call.gave).sum() / (call.gave * call.gave).sum().clamp_min(1e-30))
        if abs(scale) > _ROUND and same(difference, scale * call.gave):
            return Addend(f"{block}.{call.name}".lstrip("."), _rounded(scale))
    return None


def _alone(block: Call, calls: Sequence[Call], attention: str | None, mlp: str | None) -> Joint:
    """The joint of a block that has only one of the two parts."""
    found = _addend(block.gave - block.given, calls, block.name) if attention or mlp else None
    return Joint(found, None, False) if attention else Joint(None, found, False)


def _summed(block: Call, calls: Sequence[Call], attention: str, mlp: str) -> Joint | None:
    """The joint of a block in which no part is given the stream in the middle.

    The block is parallel, or its norms are bare functions. None where its output is no such sum.
    """
    inner = len(block.name) + 1 if block.name else 0
    gave = {c.name: c.gave for c in calls}
    parts = [gave.get(name[inner:]) for name in (attention, mlp)]
    if any(p is None or p.shape != block.gave.shape for p in parts):
        return None
    # Two unknown scales and B T d equations, in float64: a sum of the two parts leaves no remainder.
    columns = torch.stack([p.flatten() for p in parts if p is not None], 1).double()
    difference = (block.gave - block.given).flatten().double()
    scales = torch.linalg.lstsq(columns, difference[:, None]).solution[:, 0]
    if not same(difference.float(), (columns @ scales).float()):
        return None
    first, second = (_rounded(float(s)) for s in scales)
    return Joint(Addend(attention, first), Addend(mlp, second), not runs_parallel(block, attention, mlp))


def _rounded(scale: float) -> float:
    return float(round(scale)) if abs(scale - round(scale)) < _ROUND else plain(scale)
