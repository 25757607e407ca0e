"""Copying a live model, and nothing but the model."""

from __future__ import annotations

import copy
import types
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.quiet import device_of, undisturbed

_TRAINERS = ("pytorch_lightning", "lightning", "lightning_fabric", "accelerate", "deepspeed")
_INNER = ("_orig_mod", "_original_module", "_checkpoint_wrapped_module")


class LeftBehind:
    """Stands in a copy where the original holds a trainer, an optimiser, or anything that cannot be copied."""


def unwrap(module: nn.Module) -> nn.Module:
    """The module inside wrappers of torch.compile, DistributedDataParallel, Fabric and activation checkpoints."""
    attribute = _wrapper(module)
    return module if attribute is None else unwrap(getattr(module, attribute))


def plain_names(module: nn.Module, live: str = "", plain: str = "") -> Iterator[tuple[str, str]]:
    """(name in the live module, name without wrappers) of every parameter and persistent buffer, tied ones too."""
    attribute = _wrapper(module)
    if attribute is not None:
        yield from plain_names(getattr(module, attribute), f"{live}{attribute}.", plain)
        return
    for name in (*module._parameters, *module._buffers):
        if name not in module._non_persistent_buffers_set and getattr(module, name) is not None:
            yield live + name, plain + name
    for name, child in module._modules.items():
        if child is not None:
            yield from plain_names(child, f"{live}{name}.", f"{plain}{name}.")


def copy_module(module: nn.Module) -> nn.Module:
    """A copy on the CPU to read from: eval mode, no gradients, hooks or wrappers, half precision as float32.

    It is made on the CPU because a wrong guess of the locator is an exception there, but on an accelerator an
    assertion that ends the training process. The live module, its hooks and all random states stay as they are.
    Trainers, optimisers, data loaders and what refuses to be copied (locks, open files) are left behind.

    Raises:
        SubjectError: the weights are sharded or not yet made, or the module cannot be copied at all.
    """
    inner = unwrap(module)
    _refuse_unreadable(inner)
    with undisturbed(device_of(inner)):
        twin = _deepcopy(inner)
    for part in twin.modules():
        _clear(part)
    _widen(twin)
    return move(twin.eval().requires_grad_(False), torch.device("cpu"))


def move(module: nn.Module, device: torch.device) -> nn.Module:
    """The module on a device, with the tensors that it holds as plain attributes, which torch leaves behind."""
    for part in module.modules():
        for name, value in part.__dict__.items():
            if isinstance(value, Tensor):
                part.__dict__[name] = value.to(device)
    return module.to(device)


def _wrapper(module: nn.Module) -> str | None:
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return "module"
    return next((name for name in _INNER if name in module._modules), None)


def _refuse_unreadable(module: nn.Module) -> None:
    for name, tensor in module.named_parameters():
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


def _clear(part: nn.Module) -> None:
    """Stand-ins become None; a patched forward that would lead back to the live module is undone."""
    part.__dict__.pop("_compiled_call_impl", None)
    if isinstance(part.__dict__.get("forward"), types.FunctionType) or "_hf_hook" in part.__dict__:
        part.__dict__.pop("forward", None)
    for name, value in part.__dict__.items():
        if isinstance(value, LeftBehind):
            part.__dict__[name] = None
    _stop_caching(part.__dict__.get("config"))


def _stop_caching(config: Any) -> None:
    """Keys and values kept from one call would be seen by the next; nothing here generates with a cache."""
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    for part in (config, text):
        if getattr(part, "use_cache", False) is True:
            part.use_cache = False


def _deepcopy(module: nn.Module) -> nn.Module:
    try:
        return _copied(module, _strangers(module))
    except Exception:
        stubborn = _uncopyable(module)
    try:
        return _copied(module, _strangers(module) | stubborn)
    except Exception as error:
        raise SubjectError(
            f"{type(module).__name__} cannot be copied ({type(error).__name__}: {error}). A subject reads from a "
            "copy; make the module deep-copyable, or give a factory that builds it again."
        ) from error


def _copied(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    for wrapper in _wrapped(module):
        memo[id(wrapper)] = copy.deepcopy(unwrap(wrapper), memo)
    return copy.deepcopy(module, memo)


def _wrapped(module: nn.Module) -> list[nn.Module]:
    """Wrappers inside the module, innermost first."""
    return [part for part in module.modules() if _wrapper(part) is not None][::-1]


def _strangers(module: nn.Module) -> dict[int, Any]:
    """Identity to stand-in, for what must not be copied with a module."""
    memo: dict[int, Any] = {id(p): _twin(p) for p in module.parameters() if type(p) is nn.Parameter}
    for part in module.modules():
        for name, value in part.__dict__.items():
            if "hook" in name and isinstance(value, dict):
                memo[id(value)] = _computing_hooks(value)
            elif isinstance(value, Tensor):
                memo[id(value)] = value.detach().to("cpu", copy=True)
            elif _belongs_to_a_trainer(value):
                memo[id(value)] = LeftBehind()
    return memo


def _twin(weight: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(weight.detach().to("cpu", copy=True), requires_grad=False)


def _computing_hooks(hooks: dict[Any, Any]) -> OrderedDict[Any, Any]:
    """Hooks by which torch itself computes a weight (weight norm, pruning); all others are dropped."""
    kept = {k: h for k, h in hooks.items() if type(h).__module__.startswith("torch.nn.utils")}
    return OrderedDict(copy.deepcopy(kept))


def _belongs_to_a_trainer(value: Any) -> bool:
    if isinstance(value, (torch.optim.Optimizer, torch.utils.data.DataLoader)):
        return True
    return not isinstance(value, (nn.Module, dict)) and type(value).__module__.split(".")[0] in _TRAINERS


def _uncopyable(module: nn.Module) -> dict[int, Any]:
    memo: dict[int, Any] = {}
    for part in module.modules():
        for value in part.__dict__.values():
            if isinstance(value, dict) and any(isinstance(v, nn.Module) for v in value.values()):
                continue
            try:
                copy.deepcopy(value, _strangers(module))
            except Exception:
                memo[id(value)] = LeftBehind()
    return memo


def _widen(module: nn.Module) -> None:
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point() and tensor.itemsize < 4:
            tensor.data = tensor.data.float()
