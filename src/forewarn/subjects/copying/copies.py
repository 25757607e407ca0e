"""Copying a live model, and nothing but the model."""

from __future__ import annotations

import copy
import types
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.configuration import entry, text_config
from forewarn.subjects.copying.live import LiveModule, unwrap, wrapper
from forewarn.subjects.quiet import undisturbed

_TRAINERS = ("pytorch_lightning", "lightning", "lightning_fabric", "accelerate", "deepspeed")


class LeftBehind:
    """Stands in a copy where the original holds a trainer, an optimiser, or anything that cannot be copied."""


def copy_module(live: LiveModule) -> nn.Module:
    """A copy on the CPU to read from: eval mode, no gradients, hooks or wrappers, half precision as float32.

    It is made on the CPU because a wrong guess of the locator is an exception there, but on an accelerator an
    assertion that ends the training process. The live module, its hooks and all random states stay as they are.
    Trainers, optimisers, data loaders and what refuses to be copied (locks, open files) are left behind.

    Raises:
        SubjectError: the module cannot be copied.
    """
    with undisturbed(live.device):
        twin = _deepcopy(live.inner)
    for part in twin.modules():
        _clear(part)
    for tensor in (*twin.parameters(), *twin.buffers()):
        if tensor.is_floating_point() and tensor.itemsize < 4:
            tensor.data = tensor.data.float()
    return move(twin.eval().requires_grad_(False), torch.device("cpu"))


def move(module: nn.Module, device: torch.device) -> nn.Module:
    """The module on a device, with the tensors that it holds as plain attributes, which torch leaves behind."""
    for part in module.modules():
        for name, value in part.__dict__.items():
            if isinstance(value, Tensor):
                part.__dict__[name] = value.to(device)
    return module.to(device)


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
    for part in (config, text_config(config)):
        if entry(part, "use_cache") is True:
            part.use_cache = False


def _deepcopy(module: nn.Module) -> nn.Module:
    # Innermost first, so that a wrapper's own copy finds what it wraps already copied without its wrappers.
    wrappers = [part for part in module.modules() if wrapper(part) is not None][::-1]
    memo = _strangers(module)
    try:
        return _copied(module, wrappers, memo)
    except Exception:
        # Slow, and needed by few modules: each value is tried alone to see which one refuses.
        memo = _strangers(module) | _uncopyable(module)
    try:
        return _copied(module, wrappers, memo)
    except Exception as error:
        raise SubjectError(
            f"{type(module).__name__} cannot be copied ({type(error).__name__}: {error}). A subject reads from a "
            "copy; make the module deep-copyable, or give a factory that builds it again."
        ) from error


def _copied(module: nn.Module, wrappers: Sequence[nn.Module], memo: dict[int, Any]) -> nn.Module:
    for part in wrappers:
        memo[id(part)] = copy.deepcopy(unwrap(part), memo)
    return copy.deepcopy(module, memo)


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
