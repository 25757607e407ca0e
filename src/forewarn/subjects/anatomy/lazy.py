"""A row of blocks that are looked into when they are asked for, and values whose tensors are on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast, final, overload

from torch import Tensor

from forewarn.subjects.anatomy.parts import BlockAnatomy

_Value = TypeVar("_Value")


@final
class LazyBlocks(Sequence[BlockAnatomy]):
    """A row of blocks. Each of them is found once."""

    def __init__(self, n: int, find: Callable[[int], BlockAnatomy]) -> None:
        """`find`: the block of a layer, counted from 1."""
        self._n, self._find = n, find
        self._found: dict[int, BlockAnatomy] = {}

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> BlockAnatomy: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[BlockAnatomy, ...]: ...

    def __getitem__(self, index: int | slice) -> BlockAnatomy | tuple[BlockAnatomy, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(self._n)))
        place = range(self._n)[index]
        if place not in self._found:
            self._found[place] = self._find(place + 1)
        return self._found[place]


def on_cpu(value: _Value) -> _Value:
    """A copy of a frozen value whose tensors are on the CPU, and so are those of the values that it holds."""
    if isinstance(value, Tensor):
        return cast(_Value, value.detach().cpu())
    if not is_dataclass(value) or isinstance(value, type):
        return value
    moved: dict[str, Any] = {f.name: on_cpu(getattr(value, f.name)) for f in fields(value)}
    return type(value)(**moved)
