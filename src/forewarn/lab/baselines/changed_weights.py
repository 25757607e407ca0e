"""How the tensors of a subject differ from an earlier one's, in groups that any two models share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from forewarn.instruments.probe_inputs import ProbeInputs

Kind = Literal["embedding", "matrix", "vector"]


@dataclass(frozen=True, slots=True, eq=False)
class ChangedTensor:
    """One tensor, then and now."""

    kind: Kind
    """`embedding`: outside the blocks, so embeddings, positions and unembedding; `vector`: of one axis."""
    then: Float[Tensor, "..."]
    difference: Float[Tensor, "..."]
    """Now less then, float64."""


def changed_weights(now: ProbeInputs, reference: ProbeInputs) -> list[ChangedTensor]:
    """All tensors of floating point: those outside the blocks, then block by block in the order of the network."""
    after, before = (i.once(("baselines", "tensors"), i.subject.tensors) for i in (now, reference))
    names = [name for name in _in_order(now, list(after)) if after[name].is_floating_point()]
    return [_changed(_block(now, name), before[name].double(), after[name].double()) for name in names]


def _changed(block: int, before: Tensor, after: Tensor) -> ChangedTensor:
    kind: Kind = "vector" if after.ndim < 2 else "matrix" if block >= 0 else "embedding"
    return ChangedTensor(kind, before, after - before)


def _in_order(inputs: ProbeInputs, names: list[str]) -> Iterator[str]:
    yield from sorted(names, key=lambda name: _block(inputs, name))


def _block(inputs: ProbeInputs, name: str) -> int:
    """Index of the block that a tensor lies in; -1 outside of all."""
    blocks = enumerate(inputs.subject.layout.blocks)
    return next((i for i, block in blocks if name.startswith(f"{block}.")), -1)
