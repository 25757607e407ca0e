"""Running a model that is being trained, and leaving it as it was."""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, final

import torch
from torch import nn

from forewarn.subjects.copying.traffic import Traffic
from forewarn.subjects.holding import held_parts
from forewarn.subjects.quiet import device_of, undisturbed

_LONGEST: Final = 100_000


@contextmanager
def borrowed(module: nn.Module) -> Iterator[Traffic]:
    """Everything below a live module is in eval mode inside; afterwards all of it is as it was, come what may.

    Modes are set one by one, since a `train` or `eval` that a user has overridden may act on other state. Tensors
    that a pass writes to are put back byte for byte. So are attributes of modules and of the objects whose methods
    are hooks, what hooks and replaced forwards keep in their cells, lists and mappings among these, and generators
    of random numbers. Gradients and the caller's autocast are off, and all random states are put back.
    Hooks of the user do run: they are part of what the model computes. What a hook does outside of the process, or
    keeps further away than this, stays done.
    """
    parts = [part for _, part in held_parts(module)]
    with ExitStack() as after:
        after.enter_context(undisturbed(device_of(module)))
        for part in parts:
            after.callback(_Before(part).put_back)
        traffic = Traffic()
        after.callback(traffic.undo)
        for part in parts:
            part.__dict__["training"] = False
        with _uncompiled(parts), traffic:
            yield traffic


@contextmanager
def _uncompiled(parts: list[nn.Module]) -> Iterator[None]:
    """Compiled parts run without being compiled again for prompts of other shapes."""
    if not any("_compiled_call_impl" in part.__dict__ for part in parts):
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield


@final
class _Before:
    """What one part of a module held before a pass, so far as it is not a tensor's values."""

    def __init__(self, part: nn.Module) -> None:
        self._spaces: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._generators: list[tuple[Any, Any]] = []
        self._seen: set[int] = set()
        self._space(part.__dict__)
        for hooks in ("_forward_hooks", "_forward_pre_hooks"):
            for hook in part.__dict__.get(hooks, {}).values():
                self._callable(hook)
        self._callable(part.__dict__.get("forward"))

    def put_back(self) -> None:
        """Undo what has changed."""
        for space, kept in self._spaces:
            for key in [key for key in space if key not in kept]:
                del space[key]
            space.update(kept)
        for cell, value in self._cells:
            cell.cell_contents = value
        for container, kept in self._containers:
            _refill(container, kept)
        for generator, state in self._generators:
            generator.set_state(state)

    def _space(self, space: dict[str, Any]) -> None:
        if id(space) not in self._seen:
            self._seen.add(id(space))
            self._spaces.append((space, dict(space)))
            for value in space.values():
                self._value(value)

    def _value(self, value: Any) -> None:
        if isinstance(value, torch.Generator):
            self._generators.append((value, value.get_state()))
        elif type(value) in (list, dict, set, OrderedDict, deque) and len(value) <= _LONGEST:
            self._containers.append((value, value.copy()))

    def _callable(self, value: Any) -> None:
        """A hook or a replaced forward: the cells of functions, and the attributes of objects with methods."""
        if value is None or id(value) in self._seen or isinstance(value, nn.Module):
            return
        self._seen.add(id(value))
        if isinstance(value, types.MethodType):
            self._callable(value.__func__)
            self._callable(value.__self__)
        elif isinstance(value, types.FunctionType):
            for cell in value.__closure__ or ():
                self._cell(cell)
        elif isinstance(getattr(value, "__dict__", None), dict) and not isinstance(value, type):
            self._space(value.__dict__)

    def _cell(self, cell: types.CellType) -> None:
        try:
            value = cell.cell_contents
        except ValueError:
            return
        self._cells.append((cell, value))
        self._value(value)
        if isinstance(value, (types.FunctionType, types.MethodType)):
            self._callable(value)


def _refill(container: Any, kept: Any) -> None:
    """Put the entries of a list or a mapping back, where they are not the same any more."""
    before, now = (list(x.items()) if isinstance(x, dict) else list(x) for x in (kept, container))
    if len(before) == len(now) and all(
        a is b
        or (isinstance(a, tuple) and isinstance(b, tuple) and all(x is y for x, y in zip(a, b, strict=False)))
        for a, b in zip(before, now, strict=True)
    ):
        return
    container.clear()
    container.extend(kept) if isinstance(container, (list, deque)) else container.update(kept)
