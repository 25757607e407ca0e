"""Leading what a copy runs to the copy's own parts.

`copy.deepcopy` copies modules and tensors, but takes a function as it is. A forward that was replaced by a
closure, or a hook that holds a module in one, would go on running the weights of the model that was copied.
"""

from __future__ import annotations

import copy
import functools
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from forewarn.subjects.holding import OWN, held_parts

_DEEPEST: Final = 12
"""How far objects are followed from a hook or a replaced forward."""
_NEAR: Final = 3
"""Depth down to which what a hook may fill is copied even where nothing of the original is in it."""
_LONGEST: Final = 10_000
"""Entries up to which a list or a mapping that a function holds is copied with it."""
_PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type,
    torch.dtype,
    torch.device,
    types.ModuleType,
)
_CALLABLE = (types.FunctionType, types.MethodType, functools.partial, weakref.ref)


def same_tensor(tensor: Tensor) -> Tensor:
    """The tensor in memory of its own, where it lies. One that is trained can be told from one that is not."""
    return tensor.detach().clone().requires_grad_(tensor.requires_grad and tensor.is_leaf)


def duplicated(module: nn.Module) -> nn.Module:
    """A copy of a private copy. Its hooks and replaced forwards run its own parts."""
    memo: dict[int, Any] = {}
    twin = copy.deepcopy(module, memo)
    Rebinder(memo).bind_all(twin)
    return twin


@final
class Rebinder:
    """Mutable: finds for what belongs to an original what stands for it in the copy, and remembers it.

    Functions are built again around what stands for the contents of their cells; so are methods, partials and weak
    references. Lists and mappings that a function holds are copied, so that a hook of the copy does not fill those
    of the original.
    """

    def __init__(
        self,
        memo: dict[int, Any],
        tensor: Callable[[Tensor], Tensor] = same_tensor,
        *,
        autocast: bool = True,
        stranger: Callable[[Any], bool] = lambda _: False,
    ) -> None:
        """Tell what is known already.

        `memo`: identity of an original to its copy, as `copy.deepcopy` fills it. `tensor`: the copy of a tensor
        that a function holds. `autocast`: whether functions that run under autocast go on doing so. `stranger`:
        what must not be followed (a trainer).
        """
        # What was copied already stands for itself. Not so methods and partials: their functions are not.
        copied = {key: value for key, value in memo.items() if not isinstance(value, _CALLABLE)}
        self._memo = {**{id(value): value for value in copied.values()}, **copied}
        self._tensor, self._autocast, self._stranger = tensor, autocast, stranger
        self._new: dict[int, Any] = {}
        self._kept: list[Any] = []
        self._makers: dict[type, Callable[[Any, int], Any]] = {
            Tensor: lambda value, _: tensor(value),
            nn.Module: self._module,
            types.FunctionType: self._function,
            types.MethodType: self._method,
            functools.partial: self._partial,
            weakref.ref: self._reference,
            torch.autocast: self._cast,
        }

    def bind_all(self, twin: nn.Module) -> None:
        """Rebind everything that any part of a copy may run, in place."""
        for _, part in list(held_parts(twin)):
            self.bind(part)

    def bind(self, part: nn.Module) -> None:
        """Rebind the replaced forward, the hooks and the callable attributes of one part of the copy, in place."""
        for name, value in list(part.__dict__.items()):
            if "hook" in name and isinstance(value, dict):
                for key, hook in list(value.items()):
                    value[key] = self.of(hook)
            elif name not in OWN and isinstance(value, _CALLABLE):
                part.__dict__[name] = self.of(value)

    def of(self, value: Any, depth: int = 0) -> Any:
        """What stands for a value in the copy: the value itself, where nothing of the original is in it."""
        if isinstance(value, _PLAIN) or depth > _DEEPEST:
            return value
        if id(value) in self._memo:
            return self._memo[id(value)]
        if id(value) not in self._new:
            self._kept.append(value)
            self._new[id(value)] = value  # Where it holds itself.
            self._new[id(value)] = self._made(value, depth + 1)
        return self._new[id(value)]

    def _made(self, value: Any, depth: int) -> Any:
        for kind, make in self._makers.items():
            if isinstance(value, kind):
                return make(value, depth)
        return self._container(value, depth)

    def _method(self, value: types.MethodType, depth: int) -> types.MethodType:
        return types.MethodType(self.of(value.__func__, depth), self.of(value.__self__, depth))

    def _partial(self, value: functools.partial[Any], depth: int) -> functools.partial[Any]:
        named = {key: self.of(each, depth) for key, each in value.keywords.items()}
        return functools.partial(
            self.of(value.func, depth), *(self.of(a, depth) for a in value.args), **named
        )

    def _cast(self, value: torch.autocast, depth: int) -> torch.autocast:
        return value if self._autocast else torch.autocast(value.device, enabled=False)

    def _module(self, value: nn.Module, depth: int) -> nn.Module:
        """A module that a function holds and that is no part of the original."""
        twin = copy.deepcopy(value, self._memo)
        self._memo[id(value)] = self._memo[id(twin)] = twin
        twin._apply(self._tensor)  # type: ignore[no-untyped-call]
        self.bind_all(twin)
        for part in twin.modules():
            part.__dict__["training"] = False
        return twin

    def _reference(self, value: Any, depth: int) -> Any:
        there = value()
        if there is None:
            return value
        twin = self.of(there, depth)
        self._kept.append(twin)
        return value if twin is there else type(value)(twin)

    def _container(self, value: Any, depth: int) -> Any:
        if type(value) not in (dict, OrderedDict, list, set, tuple):
            return self._object(value, depth)
        if len(value) > _LONGEST:
            return value
        if isinstance(value, dict):
            new = type(value)((key, self.of(each, depth)) for key, each in value.items())
            changed = any(new[key] is not each for key, each in value.items())
        else:
            new = type(value)(self.of(each, depth) for each in value)
            changed = any(a is not b for a, b in zip(new, value, strict=True))
        own = depth <= _NEAR and not isinstance(value, tuple)
        return new if changed or own else value

    def _object(self, value: Any, depth: int) -> Any:
        """An object of a class of its own: copied where one of its attributes has another one standing for it."""
        held = getattr(value, "__dict__", None)
        if not isinstance(held, dict) or self._stranger(value):
            return value
        new = {key: self.of(each, depth) for key, each in held.items()}
        if all(new[key] is each for key, each in held.items()):
            return value
        # Not by `copy.copy`: accelerate's wrapper refuses to be copied, as it refuses to be pickled.
        try:
            twin = object.__new__(type(value))
            twin.__dict__.update(new)
        except TypeError:  # A class written in C: it stays, and the check of the copy sees what it runs.
            return value
        return twin

    def _function(self, old: types.FunctionType, depth: int) -> types.FunctionType:
        names, defaults = self._globals(old, depth), self.of(old.__defaults__, depth)
        if not (old.__closure__ or old.__kwdefaults__ or names) and defaults is old.__defaults__:
            return old
        cells = tuple(self._cell(cell) for cell in old.__closure__ or ())
        new = types.FunctionType(
            old.__code__,
            {**old.__globals__, **names} if names else old.__globals__,
            old.__name__,
            None,
            cells,
        )
        self._new[id(old)] = new
        for cell, twin in zip(old.__closure__ or (), cells, strict=True):
            self._fill(cell, twin, depth)
        new.__defaults__ = defaults
        new.__kwdefaults__ = self.of(old.__kwdefaults__, depth)
        new.__dict__.update({key: self.of(each, depth) for key, each in old.__dict__.items()})
        new.__qualname__, new.__module__, new.__doc__ = old.__qualname__, old.__module__, old.__doc__
        return new

    def _cell(self, cell: types.CellType) -> types.CellType:
        """Functions that share a cell go on sharing one."""
        if id(cell) not in self._new:
            self._kept.append(cell)
            self._new[id(cell)] = types.CellType()
        found: types.CellType = self._new[id(cell)]
        return found

    def _fill(self, cell: types.CellType, twin: types.CellType, depth: int) -> None:
        try:
            twin.cell_contents = self.of(cell.cell_contents, depth)
        except ValueError:  # An empty cell stays empty.
            return

    def _globals(self, old: types.FunctionType, depth: int) -> dict[str, Any]:
        """Names of a script that a function uses and that lead to a part of the original."""
        found = {name: old.__globals__[name] for name in _names(old.__code__) if name in old.__globals__}
        mine = {
            name: value
            for name, value in found.items()
            if id(value) in self._memo
            or isinstance(value, types.MethodType)
            or (isinstance(value, types.FunctionType) and value.__globals__ is old.__globals__)
        }
        return {name: new for name, value in mine.items() if (new := self.of(value, depth)) is not value}


def _names(code: types.CodeType) -> set[str]:
    inner = (_names(const) for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*inner)
