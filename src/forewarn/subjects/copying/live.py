"""What copying and finding have to know of a module that is being trained, read off in one walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.quiet import device_of

_INNER = ("_orig_mod", "_original_module", "_checkpoint_wrapped_module")
"""Where torch.compile, Fabric and activation checkpointing keep the module that they wrap."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LiveModule:
    """A module that is being trained; nothing that stands here is asked of it again."""

    inner: nn.Module
    """The module inside its wrappers."""
    device: torch.device
    """Where its tensors are."""
    names: Mapping[str, str]
    """Name without wrappers of every parameter and persistent buffer, tied ones too, by its name in the module."""
    trained: frozenset[str]
    """Names, without wrappers, of the parameters that training changes."""
    rows: int | None
    """Length of the longest look-up table in it, which no token id may reach; None where there is no table."""

    @staticmethod
    def of(module: nn.Module) -> LiveModule:
        """Walk through a module; nothing of it is run or changed.

        Raises:
            SubjectError: its weights are sharded over processes, or not made yet.
        """
        names, trained = dict[str, str](), set[str]()
        for live, plain, tensor in _tensors(module):
            if isinstance(tensor, nn.Parameter):
                _refuse_unreadable(plain, tensor)
            names[live] = plain
            if tensor.requires_grad:
                trained.add(plain)
        tables = (part.num_embeddings for part in module.modules() if isinstance(part, nn.Embedding))
        rows = max(tables, default=None)
        return LiveModule(unwrap(module), device_of(module), names, frozenset(trained), rows)


def wrapper(module: nn.Module) -> str | None:
    """The attribute under which a wrapper keeps the module that it wraps; None where a module wraps nothing."""
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return "module"
    return next((name for name in _INNER if name in module._modules), None)


def unwrap(module: nn.Module) -> nn.Module:
    """The module inside wrappers of torch.compile, DistributedDataParallel, Fabric and activation checkpoints."""
    attribute = wrapper(module)
    return module if attribute is None else unwrap(getattr(module, attribute))


def part_at(module: nn.Module, path: str) -> nn.Module:
    """The part of a live module that has a path without wrappers (`Layout.decoder`), itself without wrappers."""
    inner = unwrap(module)
    for name in filter(None, path.split(".")):
        inner = unwrap(inner.get_submodule(name))
    return inner


def _tensors(module: nn.Module, live: str = "", plain: str = "") -> Iterator[tuple[str, str, Tensor]]:
    """(name in the live module, name without wrappers, tensor) of all that a snapshot of it holds."""
    attribute = wrapper(module)
    if attribute is not None:
        yield from _tensors(getattr(module, attribute), f"{live}{attribute}.", plain)
        return
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._non_persistent_buffers_set:
            yield live + name, plain + name, tensor
    for name, child in module._modules.items():
        if child is not None:
            yield from _tensors(child, f"{live}{name}.", f"{plain}{name}.")


def _refuse_unreadable(name: str, tensor: Tensor) -> None:
    if tensor.is_meta:
        raise SubjectError(
            f"the weight {name!r} is on the meta device: the model has not been made yet. Open it after its "
            "weights exist (with Lightning: after `configure_model`)."
        )
    if hasattr(tensor, "full_tensor") or hasattr(tensor, "_handle"):
        raise SubjectError(
            f"the weight {name!r} is sharded over processes and cannot be copied from one of them. Gather "
            "the full weights first and give an unsharded module as the template."
        )
