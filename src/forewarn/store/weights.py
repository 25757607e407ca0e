"""The tensors that make up a module, under the names its author gave them."""

from __future__ import annotations

from collections.abc import Iterator

from jaxtyping import Shaped
from torch import Tensor, nn

_COMPILED = "_orig_mod"
"""The name under which a compiled module holds the one it was made from."""


def weights_of(module: nn.Module) -> dict[str, Shaped[Tensor, "..."]]:
    """The parameters and persistent buffers of a module by name. They are detached, and share its memory.

    The names are those of `module.state_dict()` without what `torch.compile` and data-parallel wrappers put
    in front. A tensor that is reached under several names appears under each of them. No hook of the module runs.
    """
    return {name: tensor.detach() for name, tensor in _walk(module, "")}


def _walk(module: nn.Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    inner = _unwrapped(module)
    if inner is not module:
        yield from _walk(inner, prefix)
        return
    yield from ((prefix + name, held) for name, held in module._parameters.items() if held is not None)
    for name, held in module._buffers.items():
        if held is not None and name not in module._non_persistent_buffers_set:
            yield prefix + name, held
    for name, child in module._modules.items():
        if child is not None:
            yield from _walk(child, f"{prefix}{name}.")


def _unwrapped(module: nn.Module) -> nn.Module:
    wrapper = isinstance(module, (nn.parallel.DistributedDataParallel, nn.DataParallel))
    # By name: importing the class of compiled modules takes seconds and starts the compiler.
    inner = module._modules.get("module" if wrapper else _COMPILED)
    return module if inner is None else inner
