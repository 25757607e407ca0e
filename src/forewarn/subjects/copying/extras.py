"""What stands in a live model beside its modules and the tensors that a snapshot holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.store.weights import wrapper
from forewarn.subjects.copying.copies import computes_a_weight
from forewarn.subjects.copying.traffic import storage_of
from forewarn.subjects.holding import held_parts

_RUN: Final = (("_forward_pre_hooks", "a forward pre-hook"), ("_forward_hooks", "a forward hook"))
_COUNTED: Final = (bool, int, float, str, type(None))
_SHOWN: Final = 4


def put_on(module: nn.Module) -> tuple[str, ...]:
    """What was put on the instance from outside and computes: replaced forwards and hooks, each with its place."""
    return tuple(words for _, part, words in _put_on(module) if wrapper(part) is None)


def refuse_hooks_on_wrappers(module: nn.Module) -> None:
    """Raise SubjectError where a wrapper that the copy does not have carries a hook of its own."""
    for _, part, words in _put_on(module):
        if wrapper(part) is not None and "hook" in words:
            raise SubjectError(
                f"{words} stands on a wrapper ({type(part).__name__}), and the copy that is read has no wrappers. "
                "Register it on the module inside, before that is wrapped."
            )


def likely_why(module: nn.Module) -> str:
    """What may make a copy differ from its original, for people; empty where nothing stands out."""
    found = [*put_on(module), *_computed_weights(module)]
    shown = ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
    return f"Found in the live model: {shown}." if found else ""


def unsaved_state(module: nn.Module) -> tuple[Any, ...]:
    """A value that is equal as long as nothing has changed that a snapshot does not hold.

    Hooks, replaced forwards, classes, plain attributes that are numbers or words, plain tensors and buffers that
    are not stored: these by identity, address and torch's own count of writes.
    """
    return tuple(
        (name, id(type(part)), *_hooks_of(part), *_attributes_of(part)) for name, part in held_parts(module)
    )


def _put_on(module: nn.Module) -> Iterator[tuple[str, nn.Module, str]]:
    for name, part in held_parts(module):
        if "forward" in part.__dict__:
            yield name, part, f"a replaced forward at {name!r}"
        for attribute, words in _RUN:
            for hook in part.__dict__.get(attribute, {}).values():
                if not computes_a_weight(hook):
                    yield name, part, f"{words} at {name!r} ({_called(hook)})"


def _computed_weights(module: nn.Module) -> Iterator[str]:
    for name, part in held_parts(module):
        if "parametrizations" in part._modules:
            yield f"a parametrisation at {name!r}"


def _called(hook: Any) -> str:
    return str(getattr(hook, "__qualname__", type(hook).__qualname__)).replace("<locals>.", "")


def _hooks_of(part: nn.Module) -> Iterator[Any]:
    """Themselves and not their addresses, which another hook may get once one is gone."""
    yield part.__dict__.get("forward")
    for attribute, _ in _RUN:
        yield from part.__dict__.get(attribute, {}).values()


def _attributes_of(part: nn.Module) -> Iterator[tuple[Any, ...]]:
    for name, value in part.__dict__.items():
        if isinstance(value, Tensor):
            yield (name, *_version(value))
        elif isinstance(value, _COUNTED) and name != "training":
            yield name, value
    for name in part._non_persistent_buffers_set:
        held = part._buffers.get(name)
        if held is not None:
            yield (name, *_version(held))


def _version(tensor: Tensor) -> tuple[int, int, int]:
    return id(tensor), storage_of(tensor), version_of(tensor)


def version_of(tensor: Tensor) -> int:
    """Torch's count of in-place writes; -1 for an inference tensor, which has none."""
    return -1 if tensor.is_inference() else tensor._version
