"""What a forward pass reads and writes, operation by operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_STATISTICS: Final = ("running_mean", "running_var")
HALVES: Final = (torch.bfloat16, torch.float16)


def storage_of(tensor: Tensor) -> int:
    """The address of the memory that a tensor reads; 0 where it has none of its own."""
    try:
        return int(tensor.untyped_storage().data_ptr())
    except (NotImplementedError, RuntimeError):  # Sparse, quantised by a class of its own, meta.
        return 0


def storages_of(tensors: Iterable[Tensor]) -> frozenset[int]:
    """The addresses of the memory of several tensors, without those that have none."""
    return frozenset(storage_of(tensor) for tensor in tensors) - {0}


@final
class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Mutable: notes which memory the operations inside read, and keeps what they write over.

    It sees every operation of torch, whoever asks for it: a module that is called, a forward that is called past
    its hooks, a function that holds a weight. `undo` puts back what was written to tensors that existed before, be
    they buffers, weights or statistics that a hook keeps, without a trace in autograd's counters.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.read: set[int] = set()
        """Addresses of the memory that was read or written and that the pass itself had not made."""
        self.asking: dict[int, Tensor] = {}
        """Tensors that were read, that the pass had not made, and that ask for gradients, by address."""
        self.half = False
        """Whether any result was of half precision."""
        # Addresses alone: what existed before stays where it is, so that none of these can be one of its.
        self._made: set[int] = set()
        self._over: dict[int, tuple[Tensor, torch.UntypedStorage]] = {}

    @property
    def written(self) -> frozenset[int]:
        """Addresses of the memory that existed before and was written to."""
        return frozenset(self._over)

    def undo(self) -> None:
        """Put back, byte for byte, what was written over."""
        for tensor, kept in self._over.values():
            tensor.untyped_storage().copy_(kept)
        self._over.clear()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note one operation; torch calls this."""
        kwargs = kwargs or {}
        given = _tensors((args, kwargs))
        places = {storage_of(tensor) for tensor in given}
        self.read |= places - self._made - {0}
        self.asking |= {
            storage_of(t): t for t in given if t.requires_grad and storage_of(t) not in self._made
        }
        for tensor in _tensors(_written(func, args, kwargs)):
            self._keep(tensor)
        out = func(*args, **kwargs)
        for tensor in _tensors(out):
            self.half |= tensor.dtype in HALVES
            if (place := storage_of(tensor)) not in places:
                self._made.add(place)
        return out

    def _keep(self, tensor: Tensor) -> None:
        place = storage_of(tensor)
        if place and place not in self._made and place not in self._over:
            self._over[place] = (tensor, tensor.untyped_storage().clone())  # type: ignore[no-untyped-call]


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def _written(func: Any, args: Any, kwargs: Any) -> list[Any]:
    """The arguments that an operation writes to, by its schema, and running statistics, of which it is silent."""
    found = []
    for i, argument in enumerate(func._schema.arguments):
        writes = argument.alias_info is not None and argument.alias_info.is_write
        if writes or argument.name in _STATISTICS:
            found.append(args[i] if i < len(args) else kwargs.get(argument.name))
    return found
