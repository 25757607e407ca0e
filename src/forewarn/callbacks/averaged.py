"""Averaged weights (EMA, SWA, Polyak) that a callback or a module keeps beside the ones that are trained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from torch import Tensor, nn

from forewarn.store.weights import weights_of

_NAMED: Final = re.compile(
    r"(?<![A-Za-z])(ema|swa)(?![a-z])|(Ema|Swa)(?![a-z])|EMA|SWA|[Aa]verag|[Aa]vg_?[Mm]odel|[Ss]hadow"
)
"""What holders of averaged weights call themselves, or the attribute that holds them."""
_INNER: Final = ("module", "ema_model", "averaged_model", "shadow")
"""Where a holder of averaged weights, such as torch's AveragedModel, keeps the model itself."""


def averaged_weights(
    owners: Iterable[object], live: Mapping[str, Tensor], prefix: str
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """What is found in the attributes of `owners`: "Owner.attribute", and tensors under the names of `live`.

    `live` are the weights that are read, and `prefix` what stands before the decoder's names in them. An average
    into which nothing has gone yet is left out, and so is what has not the shapes of the live weights. Only
    attributes that are named as averages usually are count: a frozen teacher has the same names and shapes.
    """
    for owner in owners:
        for name, held in _held(owner):
            weights = None if _is_new(owner) or _is_new(held) else fitting(held, live, prefix)
            if weights is not None:
                yield f"{type(owner).__name__}.{name}", weights


def fitting(held: object, live: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor] | None:
    """The tensors of `held`, a module or a dictionary, under the names of `live`; None where they do not fit."""
    for tensors in _tensors(held):
        for cut in _beginnings(prefix):
            found = {name: tensors.get(name.removeprefix(cut)) for name in live}
            fits = {n: t for n, t in found.items() if t is not None and t.shape == live[n].shape}
            if len(fits) == len(live):
                return fits
    return None


def _held(owner: object) -> Iterator[tuple[str, object]]:
    """Attributes of an owner that are named like an average; all that an averaging callback holds."""
    whole = not isinstance(owner, nn.Module) and _NAMED.search(type(owner).__name__) is not None
    attributes = {**getattr(owner, "__dict__", {}), **getattr(owner, "_modules", {})}
    for name, held in attributes.items():
        kind = type(held).__name__
        if isinstance(held, nn.Module | Mapping) and (whole or _NAMED.search(name) or _NAMED.search(kind)):
            yield name, held


def _is_new(holder: object) -> bool:
    """Whether it counts what it has averaged, and has averaged nothing yet."""
    if not hasattr(holder, "n_averaged"):
        return False
    count: Any = holder.n_averaged
    return count is None or int(count) == 0


def _tensors(held: object) -> Iterator[Mapping[str, Any]]:
    """The tensors of a holder by name, then those of the model within it."""
    if isinstance(held, nn.Module):
        yield weights_of(held)
        inner = (getattr(held, name, None) for name in _INNER)
        yield from (weights_of(model) for model in inner if isinstance(model, nn.Module))
    elif isinstance(held, Mapping):
        yield {str(name): t.detach() for name, t in held.items() if isinstance(t, Tensor)}


def _beginnings(prefix: str) -> Iterator[str]:
    """What a holder's names may lack of the live ones: "", "a.", "a.b." for the prefix "a.b."."""
    yield ""
    for i, letter in enumerate(prefix):
        if letter == ".":
            yield prefix[: i + 1]
