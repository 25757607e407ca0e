"""The modules that belong to a module, whether torch knows of them or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from torch import Tensor, nn

OWN: Final = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set")
"""Where a module keeps what is registered."""
_LONGEST: Final = 10_000
"""Entries up to which a plain list or mapping is looked through."""


def held_parts(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every module that belongs to a module, by name: registered ones, and those in plain lists, tuples and dicts.

    Each once. A module that is only a plain attribute of a part (set past torch's own registration) counts too.
    """
    seen: set[int] = set()
    waiting = [("", module)]
    while waiting:
        name, part = waiting.pop(0)
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield name, part
        prefix = f"{name}." if name else ""
        waiting += [(prefix + key, child) for key, child in part._modules.items() if child is not None]
        for key, value in part.__dict__.items():
            if key not in OWN and "hook" not in key:
                waiting += [(f"{prefix}{key}{where}", child) for where, child in _modules_in(value)]


def _modules_in(value: Any, depth: int = 2) -> Iterator[tuple[str, nn.Module]]:
    if isinstance(value, nn.Module):
        yield "", value
    elif depth and isinstance(value, (list, tuple)) and len(value) <= _LONGEST:
        for i, each in enumerate(value):
            yield from ((f"[{i}]{where}", found) for where, found in _modules_in(each, depth - 1))
    elif depth and isinstance(value, dict) and len(value) <= _LONGEST:
        for key, each in value.items():
            yield from ((f"[{key!r}]{where}", found) for where, found in _modules_in(each, depth - 1))


def held_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of every such module by name: parameters, buffers and plain attributes."""
    for name, part in held_parts(module):
        for key, tensor in {**part._parameters, **part._buffers, **part.__dict__}.items():
            if isinstance(tensor, Tensor):
                yield f"{name}.{key}".removeprefix("."), tensor
