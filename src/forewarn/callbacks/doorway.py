"""How a door takes a user's options one by one: the list of them stands in `Options` alone."""

from __future__ import annotations

import difflib
import functools
import inspect
import typing
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from forewarn.callbacks.options import Options
from forewarn.errors import ConfigurationError

P = ParamSpec("P")
Door = TypeVar("Door")
Model = TypeVar("Model")


class _Doorway(Protocol[P]):
    """Turns an `__init__` that takes Options into one that takes each option by name."""

    @overload
    def __call__(self, init: Callable[[Door, Options], None]) -> Callable[Concatenate[Door, P], None]: ...

    @overload
    def __call__(
        self, init: Callable[[Door, Model, Options], None]
    ) -> Callable[Concatenate[Door, Model, P], None]: ...


def takes(options: Callable[P, Options]) -> _Doorway[P]:
    """`@takes(Options)` on a door's `__init__(self, options)`: users give the options one by one.

    The list of options stands in `Options` alone. Type checkers and editors follow it through the parameters P of
    its constructor; `help`, `inspect.signature` and LightningCLI read the signature that is set here. An option
    that does not exist is refused with what to write instead.
    """

    def doorway(init: Callable[..., None]) -> Callable[..., None]:
        before = list(inspect.signature(init).parameters.values())[:-1]
        hints = typing.get_type_hints(init) | typing.get_type_hints(Options.__init__)
        listed = inspect.signature(Options).parameters.values()
        known = [p.replace(annotation=hints.get(p.name, p.empty)) for p in (*before, *listed)]
        signature = inspect.Signature(known, return_annotation=None)

        @functools.wraps(init)
        def begin(*given: Any, **named: Any) -> None:
            for name in named.keys() - signature.parameters.keys():
                raise ConfigurationError(_unknown(name, [p.name for p in known[1:]]))
            arguments = signature.bind(*given, **named).arguments
            init(*(arguments.pop(p.name) for p in before), Options(**arguments))

        begin.__signature__ = signature  # type: ignore[attr-defined]
        begin.__annotations__ = {p.name: hints[p.name] for p in known[1:]} | {"return": None}
        begin.__doc__ = Options.__doc__
        return begin

    return typing.cast("_Doorway[P]", doorway)


def _unknown(name: str, known: Iterable[str]) -> str:
    known = list(known)
    if name.startswith("every_n"):
        return (
            f"a monitor has no option {name!r}: looks are counted in optimiser steps. Give every_n_steps; for one "
            "look an epoch, the number of optimiser steps of an epoch."
        )
    near = difflib.get_close_matches(_ELSEWHERE.get(name, name), known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"a monitor has no option {name!r}. {hint}There are {', '.join(known)}."


_ELSEWHERE = {"dirpath": "folder", "save_dir": "folder", "tokeniser": "tokenizer"}
"""What other tools call an option."""
