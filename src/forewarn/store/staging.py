"""Freezing weights: the only part of a snapshot for which training waits.

`Stager.freeze` copies tensors into host memory that is kept from one snapshot to the next. Tensors of an
accelerator go to pinned memory without waiting: the copies are queued on the current stream, behind the work
that made the weights and ahead of the next optimiser step, and only `Frozen.wait` waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from forewarn.errors import StoreError
from forewarn.store.tensors import check_storable, raw_bytes
from forewarn.store.weights import weights_of as weights_of  # noqa: PLC0414 - part of what staging offers

_IDLE_SLOTS: Final = 2
"""Slots kept for reuse: one may still be held while the next snapshot is taken."""
_TORCH_GRAIN: Final = 32_768
"""Elements up to which torch copies in one thread."""
_WORTH_THREADS: Final = 16 * 2**20
"""Bytes from which a copy is long enough to be split among threads."""

_Layout = tuple[tuple[torch.dtype, torch.Size, bool], ...]


class Frozen:
    """Tensors as they were at one moment. They lie in host memory of their own.

    A caller hands it to a store. `release` then gives the memory back for the next snapshot.
    """

    def __init__(
        self,
        tensors: Mapping[str, Shaped[Tensor, "..."]],
        aliases: Mapping[str, str],
        waits: Sequence[Callable[[], None]] = (),
        give_back: Callable[[], None] | None = None,
    ) -> None:
        self._tensors, self._aliases = MappingProxyType(dict(tensors)), MappingProxyType(dict(aliases))
        self._size = sum(tensor.nbytes for tensor in tensors.values())
        self._waits, self._give_back = tuple(waits), give_back
        self._released = False
        self._lock = threading.Lock()

    @property
    def tensors(self) -> Mapping[str, Shaped[Tensor, "..."]]:
        """Each distinct tensor under its canonical name. All are contiguous and on the CPU.

        The call waits until copies from an accelerator have arrived. It raises StoreError after `release`, since
        the memory may hold another snapshot by then.
        """
        if self._released:
            raise StoreError(
                "this snapshot was released and its memory may hold another; store it before that"
            )
        self.wait()
        return self._tensors

    @property
    def aliases(self) -> Mapping[str, str]:
        """Each tied name and the canonical name that stands for it (the first of them in sorted order)."""
        return self._aliases

    @property
    def size(self) -> int:
        """Bytes of all tensors. Tied tensors count once."""
        return self._size

    def wait(self) -> None:
        """Wait until copies from an accelerator have arrived. Where there are none it returns at once."""
        for wait in self._waits:
            wait()

    def release(self) -> None:
        """Give the memory back. A second call does nothing."""
        with self._lock:
            first, self._released = not self._released, True
        if first and self._give_back is not None:
            self.wait()
            self._give_back()


class _Slot:
    """Host memory for all tensors of one snapshot."""

    def __init__(self, layout: _Layout) -> None:
        self.layout = layout
        self.buffers: tuple[Shaped[Tensor, "..."], ...] = tuple(
            torch.empty(shape, dtype=dtype, device="cpu", pin_memory=pinned)
            for dtype, shape, pinned in layout
        )


class Stager:
    """Copies weights into host memory that it keeps.

    Two slots are reused, each only after its Frozen was released. When both are still held, or the tensors
    have changed their shapes, new memory is allocated instead: nothing held is ever overwritten. The first
    two freezes allocate; take and release one beforehand where even the first must be quick.
    """

    def __init__(self) -> None:
        self._idle: list[_Slot] = []
        self._lock = threading.Lock()

    def freeze(self, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> Frozen:
        """Copy `tensors` as they are now. Draws no random numbers and builds no graph.

        Tensors that are one and the same memory (same storage, offset, shape and stride) are copied once and
        recorded as aliases. Tensors that overlap only in part are copied one by one. Raises StoreError for a
        tensor that cannot be stored (meta, sparse, quantised, ...), and when host memory runs out.
        """
        # Not in inference mode, where a caller may be: its tensors could not be written to again outside it.
        with torch.inference_mode(False), torch.no_grad():
            own, aliases = _untied(tensors)
            slot = self._take(tuple((t.dtype, t.shape, _queues(t.device)) for t in own.values()))
            waits = _copy(slot.buffers, tuple(own.values()))
        copies = dict(zip(own, slot.buffers, strict=True))
        return Frozen(copies, aliases, waits, lambda: self._put_back(slot))

    def _take(self, layout: _Layout) -> _Slot:
        with self._lock:
            self._idle = [slot for slot in self._idle if slot.layout == layout]
            if self._idle:
                return self._idle.pop()
        try:
            return _Slot(layout)
        except (RuntimeError, MemoryError) as error:
            size = sum(shape.numel() * dtype.itemsize for dtype, shape, _ in layout)
            raise StoreError(
                f"no host memory for a snapshot of {size:,} bytes: {error}. Look less often, or free memory."
            ) from error

    def _put_back(self, slot: _Slot) -> None:
        with self._lock:
            if len(self._idle) < _IDLE_SLOTS:
                self._idle.append(slot)


def _untied(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The distinct tensors by canonical name, and for each other name the canonical name that stands for it."""
    own: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    first: dict[object, str] = {}
    for name in sorted(tensors):
        tensor = tensors[name]
        check_storable(name, tensor)
        canonical = first.setdefault(_place(name, tensor), name)
        if canonical == name:
            own[name] = tensor.detach()
        else:
            aliases[name] = canonical
    return own, aliases


def _place(name: str, tensor: Tensor) -> object:
    """What two tensors share if and only if they are one and the same memory read in the same way."""
    if tensor.numel() == 0:
        return name
    memory = (tensor.device, tensor.untyped_storage().data_ptr(), tensor.storage_offset())
    reading = (tensor.dtype, tensor.shape, tensor.stride(), tensor.is_conj(), tensor.is_neg())
    return memory, reading


def _copy(buffers: Sequence[Tensor], sources: Sequence[Tensor]) -> list[Callable[[], None]]:
    """Copy each source into its buffer, with one call for each device. Returns what must be waited for."""
    groups: dict[torch.device, tuple[list[Tensor], list[Tensor]]] = {}
    for buffer, source in zip(buffers, sources, strict=True):
        targets, origins = groups.setdefault(source.device, ([], []))
        targets.append(buffer)
        origins.append(source)
    waits = []
    for device, (targets, origins) in groups.items():
        if device.type == "cpu":
            _copy_on_host(targets, origins)
        else:
            torch._foreach_copy_(targets, origins, non_blocking=_queues(device))
        if _queues(device):
            waits.append(_event_after(device))
    return waits


def _copy_on_host(buffers: Sequence[Tensor], sources: Sequence[Tensor]) -> None:
    """Copy within host memory. Only large tensors wake torch's threads.

    Torch splits each copy of more than its grain among its threads. Where training or others keep the cores
    busy every such split waits for the scheduler: a dozen times the memory copy on two busy cores. A large
    tensor is worth the wait; those between are copied by this thread alone.
    """
    rest: tuple[list[Tensor], list[Tensor]] = ([], [])
    for buffer, source in zip(buffers, sources, strict=True):
        between = source.numel() > _TORCH_GRAIN and source.nbytes < _WORTH_THREADS
        if between and source.is_contiguous() and not (source.is_conj() or source.is_neg()):
            np.copyto(raw_bytes(buffer), raw_bytes(source))
        else:
            rest[0].append(buffer)
            rest[1].append(source)
    if rest[0]:
        torch._foreach_copy_(*rest)


def _queues(device: torch.device) -> bool:
    """Whether the device works through a queue that a copy can join and an event can mark."""
    return device.type != "cpu" and hasattr(torch.get_device_module(device), "current_stream")


def _event_after(device: torch.device) -> Callable[[], None]:
    module: Any = torch.get_device_module(device)
    with module.device(device):
        event = module.Event()
        event.record(module.current_stream(device))
    synchronise: Callable[[], None] = event.synchronize
    return synchronise
