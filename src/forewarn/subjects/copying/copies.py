"""Copying a live model, and nothing but the model."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.configuration import entry, text_config
from forewarn.subjects.copying.live import LiveModule, unwrap, wrapper
from forewarn.subjects.copying.strangers import LeftBehind, is_stranger
from forewarn.subjects.copying.traffic import storage_of, storages_of
from forewarn.subjects.holding import held_parts, held_tensors
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.rebinding import Rebinder

_RUN_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
"""Hooks that a forward pass runs."""
_HOOK_FLAGS = ("_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_forward_pre_hooks_with_kwargs")


@final
@dataclass(frozen=True, slots=True)
class CopyKind:
    """What a copy takes over of what was put on the original from outside."""

    hooks: bool = False
    """Whether the user's forward hooks and replaced forwards are taken over, bound to the copy's own parts. Hooks
    by which torch itself computes a weight (weight norm, pruning) always are."""
    exact: bool = False
    """Whether it stays where the original lies, in its precision and under its autocast, to be compared."""


READ, WITH_HOOKS = CopyKind(), CopyKind(hooks=True)


def copy_module(live: LiveModule, kind: CopyKind = READ) -> nn.Module:
    """A private copy: eval mode, no gradients, no wrappers; to read from, on the CPU with half precision widened.

    It is made on the CPU because a wrong guess of the locator is an exception there, but on an accelerator an
    assertion that ends the training process. The live module, its hooks and all random states stay as they are.
    Trainers, optimisers, data loaders and what refuses to be copied (locks, open files) are left behind. Tensors
    that are trained and that no snapshot holds, such as weights in a plain list, can be told in the copy: they
    alone still ask for gradients.

    Raises:
        SubjectError: the module cannot be copied.
    """
    change = _exact if kind.exact else _to_read
    with undisturbed(live.device):
        memo: dict[int, Any] = {}
        twin = _deepcopy(live.inner, change, memo)
        _refuse_shared(live.inner, twin)
        _take_over(live.inner, twin, memo, kind, change)
    twin.requires_grad_(False)
    for _, part in held_parts(twin):
        part.__dict__["training"] = False
        for held in (part._parameters, part._buffers):
            for tensor in held.values():
                if tensor is not None and tensor.is_floating_point():
                    tensor.data = change(tensor.data) if _other(tensor, kind) else tensor.data
    return twin if kind.exact else move(twin, torch.device("cpu"))


def move(module: nn.Module, device: torch.device, dtype: torch.dtype | None = None) -> nn.Module:
    """The module on a device, in place, with the tensors that torch's own `to` leaves behind.

    They are plain attributes, modules in plain lists, and what its hooks and replaced forwards hold. `dtype`: for
    all that is floating.
    """

    def moved(tensor: Tensor) -> Tensor:
        return tensor.to(device, dtype if tensor.is_floating_point() else None)

    parts = [part for _, part in held_parts(module)]
    registered = set(module.modules())
    for part in parts:
        if part not in registered or part is module:
            part.to(device, dtype)
        for name, value in part.__dict__.items():
            if isinstance(value, Tensor):
                part.__dict__[name] = moved(value)
            elif type(value) in (list, tuple) and any(isinstance(each, Tensor) for each in value):
                new = (moved(each) if isinstance(each, Tensor) else each for each in value)
                part.__dict__[name] = type(value)(new)
    known: dict[int, Any] = {id(part): part for part in parts}
    known |= {id(t): t for part in parts for t in (*part._parameters.values(), *part._buffers.values())}
    Rebinder(known, moved).bind_all(module)
    return module


def _refuse_shared(module: nn.Module, twin: nn.Module) -> None:
    """Raise SubjectError, before anything is set in the copy, where a part of it is the original's own."""
    parts = {id(part) for _, part in held_parts(module)}
    places = storages_of(tensor for _, tensor in held_tensors(module))
    shared = [name for name, part in held_parts(twin) if id(part) in parts]
    shared += [name for name, tensor in held_tensors(twin) if storage_of(tensor) in places]
    if shared:
        raise SubjectError(
            f"a copy of {type(module).__name__} would share {', '.join(map(repr, shared[:3]))} with the live "
            "model: does a `__deepcopy__` of the module's own give the original? Let it copy weights and buffers."
        )


def _exact(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad and tensor.is_leaf)


def _to_read(tensor: Tensor) -> Tensor:
    there = tensor.detach().to("cpu", copy=True)
    if there.is_floating_point() and there.itemsize < 4:
        there = there.float()
    return there.requires_grad_(tensor.requires_grad and tensor.is_leaf)


def _other(tensor: Tensor, kind: CopyKind) -> bool:
    return not kind.exact and tensor.itemsize < 4


def _deepcopy(module: nn.Module, change: Callable[[Tensor], Tensor], memo: dict[int, Any]) -> nn.Module:
    # Innermost first, so that a wrapper's own copy finds what it wraps already copied without its wrappers.
    wrappers = [part for part in module.modules() if wrapper(part) is not None][::-1]
    memo |= _strangers(module, change)
    try:
        return _copied(module, wrappers, memo)
    except Exception:
        # Slow, and needed by few modules: each value is tried alone to see which one refuses.
        memo.clear()
        memo |= _strangers(module, change) | _uncopyable(module)
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


def _strangers(module: nn.Module, change: Callable[[Tensor], Tensor]) -> dict[int, Any]:
    """Identity to stand-in, for what is not to be copied with a module as `copy.deepcopy` would."""
    memo: dict[int, Any] = {id(p): _twin(p, change) for p in module.parameters() if type(p) is nn.Parameter}
    for _, part in held_parts(module):
        for name, value in part.__dict__.items():
            if "hook" in name and isinstance(value, dict):
                memo[id(value)] = OrderedDict()
            elif isinstance(value, Tensor):
                memo[id(value)] = change(value)
            elif name == "forward" or is_stranger(value):
                memo[id(value)] = LeftBehind()
    return memo


def _twin(weight: nn.Parameter, change: Callable[[Tensor], Tensor]) -> nn.Parameter:
    return nn.Parameter(change(weight).detach(), requires_grad=False)


def _take_over(
    module: nn.Module,
    twin: nn.Module,
    memo: dict[int, Any],
    kind: CopyKind,
    change: Callable[[Tensor], Tensor],
) -> None:
    """Lead everything that the copy runs to its own parts; hooks and replaced forwards as the kind says."""
    parts = [part for _, part in held_parts(module)]
    for part in parts:
        memo.pop(id(part.__dict__.get("forward")), None)
    binder = Rebinder(memo, change, autocast=kind.exact, stranger=is_stranger)
    for part in parts:
        own = memo.get(id(part))
        if isinstance(own, nn.Module) and own is not part and wrapper(part) is None:
            _clear(own)
            _hooks(part, own, binder, kind)
            if kind.hooks and "forward" in part.__dict__:
                own.__dict__["forward"] = binder.of(part.__dict__["forward"])
    binder.bind_all(twin)


def _hooks(part: nn.Module, own: nn.Module, binder: Rebinder, kind: CopyKind) -> None:
    for name in _RUN_HOOKS:
        kept = {
            key: binder.of(hook)
            for key, hook in part.__dict__.get(name, {}).items()
            if kind.hooks or computes_a_weight(hook)
        }
        # In place: handles of hooks, which the copy may hold, refer to these very mappings.
        own.__dict__[name].update(kept)
    for name in _HOOK_FLAGS:
        if name in part.__dict__:
            own.__dict__[name].update(part.__dict__[name])


def computes_a_weight(hook: Any) -> bool:
    """Whether a hook is one by which torch itself computes a weight (weight norm, spectral norm, pruning)."""
    return type(hook).__module__.startswith("torch.nn.utils")


def _clear(part: nn.Module) -> None:
    """Stand-ins become None, and a replaced forward is dropped."""
    for name in ("_compiled_call_impl", "forward"):
        part.__dict__.pop(name, None)
    for name, value in part.__dict__.items():
        if isinstance(value, LeftBehind):
            part.__dict__[name] = None
    _stop_caching(part.__dict__.get("config"))


def _stop_caching(config: Any) -> None:
    """Keys and values kept from one call would be seen by the next; nothing here generates with a cache."""
    for part in (config, text_config(config)):
        if entry(part, "use_cache") is True:
            part.use_cache = False


def _uncopyable(module: nn.Module) -> dict[int, Any]:
    memo: dict[int, Any] = {}
    for _, part in held_parts(module):
        for value in part.__dict__.values():
            if isinstance(value, dict) and any(isinstance(v, nn.Module) for v in value.values()):
                continue
            try:
                copy.deepcopy(value, _strangers(module, _exact))
            except Exception:
                memo[id(value)] = LeftBehind()
    return memo
