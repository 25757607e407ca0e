"""The tensors that make up a module, under the names its author gave them."""

from __future__ import annotations

from collections.abc import Iterator

from jaxtyping import Shaped
from torch import Tensor, nn

_INNER = ("_orig_mod", "_original_module", "_checkpoint_wrapped_module")
"""Where torch.compile, Fabric and activation checkpointing keep the module that they wrap."""


def weights_of(module: nn.Module) -> dict[str, Shaped[Tensor, "..."]]:
    """The parameters and persistent buffers of a module by name. They are detached, and share its memory.

    The names are those of `module.state_dict()` without what `torch.compile`, Fabric, activation checkpointing and
    data-parallel wrappers put in front. A tensor reached under several names appears under each. No hook of the
    module runs.
    """
    return {name: tensor.detach() for name, tensor in _walk(module, "")}


def _walk(module: nn.Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    module = unwrap(module)
    yield from ((prefix + name, held) for name, held in module._parameters.items() if held is not None)
    for name, held in module._buffers.items():
        if held is not None and name not in module._non_persistent_buffers_set:
            yield prefix + name, held
    for name, child in module._modules.items():
        if child is not None:
            yield from _walk(child, f"{prefix}{name}.")


def wrapper(module: nn.Module) -> str | None:
    """The attribute under which a wrapper keeps the module that it wraps; None where a module wraps nothing."""
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return "module"
    # By name: importing the class of compiled modules takes seconds and starts the compiler.
    return next((name for name in _INNER if name in module._modules), None)


def unwrap(module: nn.Module) -> nn.Module:
    """The module inside all its wrappers."""
    attribute = wrapper(module)
    return module if attribute is None else unwrap(getattr(module, attribute))
