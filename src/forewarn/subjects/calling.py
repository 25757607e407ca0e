"""Calling a decoder in its own way, and finding logits and streams in what modules take and give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.subjects.layout import Calling, Form

ALONE = Calling()
"""The token ids are the only argument."""


@final
class Batch(dict[str, Any]):
    """A batch as data loaders and tokenizers give it: its entries are read as items or as attributes."""

    def __getattr__(self, name: str) -> Any:
        """The entry of that name, as a batch of transformers gives it."""
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


def run(decoder: nn.Module, ids: Int[Tensor, "b t"], calling: Calling) -> Any:
    """What a decoder returns for token ids when it is called in its own way."""
    if calling.part:
        decoder = decoder.get_submodule(calling.part)
    if calling.form is Form.ALONE:
        return decoder(ids)
    if calling.form is Form.ROW:
        given: Any = tuple(ids for _ in calling.ids)
    else:
        given = Batch(dict.fromkeys(calling.ids, ids) | {n: torch.ones_like(ids) for n in calling.masks})
    if calling.form is Form.NAMED:
        return decoder(**given)
    return decoder(**{calling.under: given}) if calling.under else decoder(given)


def logits_of(output: Any) -> Float[Tensor, "b t v"] | None:
    """The logits in what a decoder returned; None where it holds none.

    They are the attribute or the entry `logits`, the first tensor of three axes in a tuple, or the tensor itself.
    """
    found = getattr(output, "logits", None)
    if isinstance(output, Mapping):
        found = output.get("logits")
    elif isinstance(output, (tuple, list)):
        found = next((x for x in output if isinstance(x, Tensor) and x.ndim == 3), None)
    elif isinstance(output, Tensor):
        found = output
    return found if isinstance(found, Tensor) and found.ndim == 3 and found.is_floating_point() else None


def last_logits(
    decoder: nn.Module, ids: Int[Tensor, "b t"], calling: Calling = ALONE
) -> Float[Tensor, "b v"]:
    """The logits at the last position, of a decoder that is called in its own way.

    Raises:
        TypeError: what the decoder returned holds no logits.
    """
    logits = logits_of(run(decoder, ids, calling))
    if logits is None:
        raise TypeError(f"{type(decoder).__name__} returned no logits [B, T, V]")
    return logits[:, -1]


def main_tensor(values: tuple[Any, ...]) -> Tensor | None:
    """The tensor that carries the stream among a module's arguments or results; None where there is no tensor.

    It is the first floating tensor of three axes; where there is none, of two axes; otherwise the first tensor.
    """
    tensors = [value for value in values if isinstance(value, Tensor)]
    floating = [t for t in tensors if t.is_floating_point()]
    wide = [t for t in floating if t.ndim == 3]
    return next(iter(wide or [t for t in floating if t.ndim == 2] or tensors), None)


def given_tensor(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The stream among the arguments of a call, whether positional or named."""
    return main_tensor((*args, *kwargs.values()))


def gave_tensor(output: Any) -> Tensor | None:
    """The stream in what a module returned."""
    if isinstance(output, Tensor):
        return output
    return main_tensor(tuple(output)) if isinstance(output, (tuple, list)) else None


def with_given(
    args: tuple[Any, ...], kwargs: dict[str, Any], old: Tensor, new: Tensor
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same arguments with `new` wherever `old` stood (queries, keys and values may be one tensor)."""
    return tuple(new if a is old else a for a in args), {k: new if v is old else v for k, v in kwargs.items()}


def with_gave(output: Any, new: Tensor) -> Any:
    """The same result with `new` as its stream."""
    if isinstance(output, Tensor):
        return new
    old = gave_tensor(output)
    values = (new if value is old else value for value in output)
    return type(output)(*values) if hasattr(output, "_fields") else type(output)(values)


@contextmanager
def hooks(handles: Iterable[RemovableHandle]) -> Iterator[None]:
    """Keep hooks while the block lasts. They are gone afterwards, even if registering one of them fails."""
    with ExitStack() as stack:
        for handle in handles:
            stack.callback(handle.remove)
        yield
