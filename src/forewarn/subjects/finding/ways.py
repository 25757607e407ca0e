"""The ways in which a part might be given token ids, read off its forward and off what it asks a batch for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from inspect import Parameter
from typing import Any, final

import torch
from jaxtyping import Int
from torch import Tensor, nn

from forewarn.subjects.calling import ALONE
from forewarn.subjects.layout import Calling, Form

_IDS = ("input_ids", "ids", "tokens", "token_ids", "inputs", "input", "idx", "x")
"""Names under which training code keeps token ids, the usual ones first."""
_MASK = "attention_mask"
"""The only mask whose meaning is agreed upon: 1 where a token may be seen."""
_ANSWERS = ("labels", "label", "targets", "target")
"""Names of what a loss is made of. They are given the token ids, because no logits depend on them."""
_NAMED = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def ways(part: nn.Module, ids: Int[Tensor, "2 t"]) -> Iterator[Calling]:
    """Every way in which a part may be called with token ids, the plainest first.

    The ways of a batch are found by calling the part with one that writes down what it is asked for.
    """
    yield ALONE
    given = _arguments(part)
    yield from _by_name(given)
    yield from _by_batch(part, given, ids)
    yield Calling(Form.ROW, ("0", "1"), under=_only_named(given))


def _arguments(part: nn.Module) -> list[Parameter]:
    try:
        return list(inspect.signature(part.forward).parameters.values())
    except (TypeError, ValueError):
        return []


def _by_name(given: list[Parameter]) -> Iterator[Calling]:
    named = [p for p in given if p.kind in _NAMED]
    needed = [p.name for p in named if p.default is Parameter.empty]
    if needed:
        yield from filter(None, [_given(needed)])
        return
    there = {p.name for p in named}
    anything = any(p.kind is Parameter.VAR_KEYWORD for p in given)
    for name in _IDS:
        if anything or name in there:
            yield Calling(Form.NAMED, (name,))


def _given(names: list[str], form: Form = Form.NAMED, under: str = "") -> Calling | None:
    """What stands under each of these names; None where something else than token ids might be wanted."""
    masks = [name for name in names if name == _MASK]
    answers = [name for name in names if name in _ANSWERS]
    rest = [name for name in names if name not in masks and name not in answers]
    clear = len(rest) == 1 or (len(rest) > 1 and all(name in _IDS for name in rest))
    return Calling(form, (*rest, *answers), tuple(masks), under) if clear else None


def _by_batch(part: nn.Module, given: list[Parameter], ids: Int[Tensor, "2 t"]) -> Iterator[Calling]:
    under, asked = _only_named(given), Asked(ids)
    # What it asked for before it failed may still be all that it needs.
    with suppress(Exception):
        part(**{under: asked}) if under else part(asked)
    if asked.names():
        yield from filter(None, [_given(asked.names(), Form.BATCH, under)])
        return
    # Nothing is asked for by name where all that is in the batch is handed on (`model(**batch)`).
    for name in _IDS:
        yield Calling(Form.BATCH, (name,), under=under)


def _only_named(given: list[Parameter]) -> str:
    """The name of the first argument, where it may only be named."""
    first = next((p for p in given if p.default is Parameter.empty), next(iter(given), None))
    return first.name if first is not None and first.kind is Parameter.KEYWORD_ONLY else ""


@final
class Asked(dict[str, Any]):
    """A batch that has whatever it is asked for, and writes the names down."""

    def __init__(self, ids: Int[Tensor, "2 t"]) -> None:
        super().__init__()
        # No plain attributes: whatever has a name here could not be asked for as an entry.
        vars(self)["_Asked__ids"], vars(self)["_Asked__names"] = ids, dict[str, None]()

    def names(self) -> list[str]:
        """What was asked for, in the order of asking."""
        return list(vars(self)["_Asked__names"])

    def __getattr__(self, name: str) -> Any:
        """The entry of that name, as a batch of transformers gives it."""
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def __missing__(self, name: Any) -> Tensor:
        if not isinstance(name, str) or name.startswith("_"):
            raise KeyError(name)
        vars(self)["_Asked__names"][name] = None
        ids: Tensor = vars(self)["_Asked__ids"]
        return torch.ones_like(ids) if name == _MASK else ids

    def __contains__(self, name: object) -> bool:
        return name in _IDS

    def get(self, name: str, default: Any = None) -> Any:
        """An entry that need not be there; what a part can do without is not given."""
        return self[name] if name in _IDS else default
